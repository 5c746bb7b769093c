//! What a letter says: its template with the values in it. In HTML they are escaped; a subject is one line.

use super::model::{Template, Wording};
use minijinja::value::Serde;
use minijinja::{Environment, Error, UndefinedBehavior, Value};
use std::sync::LazyLock;

/// What all letters have around them.
const LAYOUT: &str = include_str!("templates/layout.html");

/// All templates, by the names of their files; the first line of a text is a template of its own.
static TEMPLATES: LazyLock<Result<Environment<'static>, String>> = LazyLock::new(|| read().map_err(|error| format!("{error:#}")));

fn read() -> Result<Environment<'static>, Error> {
    let mut all = Environment::new();
    // A value that nobody gave is a mistake, and not a gap in a letter.
    all.set_undefined_behavior(UndefinedBehavior::Strict);
    all.add_template("layout.html", LAYOUT)?;
    for template in Template::ALL {
        let (name, (text, html)) = (template.as_str(), template.files());
        let (subject, text) = text.split_once('\n').unwrap_or((text, ""));
        all.add_template_owned(format!("{name}.subject"), subject)?;
        all.add_template_owned(format!("{name}.txt"), text.trim_start())?;
        all.add_template_owned(format!("{name}.html"), html)?;
    }
    Ok(all)
}

/// The letter with these values.
pub(super) fn render(template: Template, values: &serde_json::Value) -> Result<Wording, String> {
    let all = TEMPLATES.as_ref().map_err(Clone::clone)?;
    let values = Value::from(Serde(values));
    let one = |part: &str| {
        let text = all.get_template(&format!("{}.{part}", template.as_str())).and_then(|template| template.render(&values));
        text.map_err(|error| format!("{error:#}"))
    };
    Ok(Wording { subject: line(&one("subject")?), text: one("txt")?, html: one("html")? })
}

/// A text as one line: what could begin another one is a space.
pub(super) fn line(text: &str) -> String {
    let is_break = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    text.split(|c: char| is_break(c) || c.is_whitespace()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_template_can_be_read() {
        let all = TEMPLATES.as_ref().unwrap();
        assert_eq!(all.templates().count(), 1 + 3 * Template::ALL.len());
    }

    #[test]
    fn values_are_escaped_in_html_and_cannot_begin_a_header() {
        let values = json!({"at": "A & B\r\nBcc: all@example.com<script>", "link": "https://a.example/?x=1&y=\"2\"", "token": "t"});
        let text = render(Template::PasswordReset, &values).unwrap();
        assert!(!text.subject.contains(['\r', '\n']) && text.subject.contains("A & B Bcc: all@example.com<script>"), "{}", text.subject);
        assert!(text.text.contains("https://a.example/?x=1&y=\"2\""), "{}", text.text);
        assert!(!text.html.contains("<script>") && text.html.contains("A &amp; B"), "{}", text.html);
        assert!(text.html.contains("x=1&amp;y=&quot;2&quot;"), "{}", text.html);
    }

    #[test]
    fn a_value_that_is_missing_is_a_mistake() {
        assert!(render(Template::PasswordReset, &json!({"at": "Stoa"})).is_err());
    }
}
