ALTER TABLE vendors DROP COLUMN theme_config;
