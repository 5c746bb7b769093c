//! A client of the API: somebody at a vendor's door, with or without a token.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// Somebody who calls.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    headers: HeaderMap,
}

impl Client {
    pub fn new(http: reqwest::Client, base: String) -> Self {
        Self { http, base, headers: HeaderMap::new() }
    }

    /// The same caller, sending one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    #[must_use]
    pub fn at(self, domain: &str) -> Self {
        self.with("x-tenant-domain", domain)
    }

    #[must_use]
    pub fn bearing(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let (bytes, content_type) = Self::encode(body);
        self.send_raw(method, path, bytes, content_type).await
    }

    /// The same, where the connection may break.
    pub async fn try_send(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Reply> {
        let (bytes, content_type) = Self::encode(body);
        self.try_send_raw(method, path, bytes, content_type).await
    }

    /// What would be sent, for who wants to send it badly.
    pub fn as_text(&self, method: &str, path: &str, body: &str) -> String {
        let line = |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}", value.to_str().unwrap());
        let own = ["Host: x".to_owned(), "Content-Type: application/json".to_owned(), format!("Content-Length: {}", body.len())];
        let headers: Vec<_> = self.headers.iter().map(line).chain(own).collect();
        format!("{method} {path} HTTP/1.1\r\n{}\r\n\r\n{body}", headers.join("\r\n"))
    }

    fn encode(body: Option<Value>) -> (Vec<u8>, Option<&'static str>) {
        match body {
            Some(body) => (body.to_string().into_bytes(), Some("application/json")),
            None => (Vec::new(), None),
        }
    }

    /// Sends these very bytes.
    pub async fn send_raw(&self, method: Method, path: &str, body: Vec<u8>, content_type: Option<&str>) -> Reply {
        let call = format!("{method} {path}");
        self.try_send_raw(method, path, body, content_type).await.unwrap_or_else(|error| panic!("{call}: {error}"))
    }

    async fn try_send_raw(&self, method: Method, path: &str, body: Vec<u8>, content_type: Option<&str>) -> reqwest::Result<Reply> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base)).headers(self.headers.clone());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        if !body.is_empty() {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Reply { call: format!("{method} {path}"), status, headers, body, text })
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub call: String,
    pub status: u16,
    pub headers: HeaderMap,
    /// The body, or null when it is no JSON.
    pub body: Value,
    pub text: String,
}

impl Reply {
    /// The body of an answer with this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.call, self.text);
        self.body
    }

    /// The body of a problem with this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}: {}", self.call, self.text);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.call);
        assert_eq!(self.body["status"], status, "{}", self.text);
        assert_eq!(self.body["request_id"].as_str(), self.header("x-request-id"), "{}", self.text);
        self.body
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
