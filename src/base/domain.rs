//! Domain names, compared as the net compares them: without port and case, in their ASCII form (IDNA, UTS #46).

/// The name in its one comparable form; `None` when it is no domain name.
pub fn normalise(text: &str) -> Option<String> {
    let name = without_port(text.trim());
    let ascii = idna::domain_to_ascii_strict(name.strip_suffix('.').unwrap_or(name)).ok()?;
    let is_name = !ascii.is_empty() && ascii.len() <= 253 && ascii.parse::<std::net::IpAddr>().is_err();
    is_name.then_some(ascii)
}

/// Whether a shop could live at this (normalised) name: two labels at least.
pub fn is_public(domain: &str) -> bool {
    domain.split('.').count() >= 2
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn one_form_for_every_way_to_write_it() {
        for text in ["vendor1.example.com", " Vendor1.EXAMPLE.com:8080 ", "vendor1.example.com."] {
            assert_eq!(normalise(text).as_deref(), Some("vendor1.example.com"));
        }
        assert_eq!(normalise("Bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        for text in ["", "127.0.0.1:80", "[::1]:80", "a b.example", "a_b.example", "-a.example", "a/b", "a..b", "a.b..", "a.b..:80"] {
            assert_eq!(normalise(text), None, "{text:?}");
        }
    }
}
