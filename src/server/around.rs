//! What is around every answer, wherever it comes from: the middleware, from the outermost to the innermost.

use super::cors;
use super::metrics::Metrics;
use super::observe;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, Error, web};

/// The middleware, with what it needs to know.
#[derive(Clone)]
pub struct Around {
    pub(super) metrics: web::Data<Metrics>,
    pub(super) cors_origins: Vec<String>,
}

impl Around {
    /// Around answers that come from elsewhere, to see what all this costs by itself.
    pub fn new(cors_origins: Vec<String>) -> Self {
        Self { metrics: web::Data::new(Metrics::new()), cors_origins }
    }

    /// The application with all this around it.
    pub fn wrap<T, B>(
        self,
        app: App<T>,
    ) -> App<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<impl MessageBody>, Error = Error, InitError = ()>>
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()> + 'static,
        T::Service: 'static,
        T::Future: 'static,
        <T::Service as Service<ServiceRequest>>::Future: 'static,
        B: MessageBody + 'static,
    {
        app.app_data(self.metrics)
            .wrap(from_fn(observe::normalise))
            .wrap(cors::of(&self.cors_origins))
            .wrap(Compress::default())
            .wrap(from_fn(observe::observe))
    }
}
