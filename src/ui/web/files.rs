//! The files of the page. They are compiled in; nothing comes from elsewhere.

use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, include_dir};

use super::answer::Fault;
use crate::app::report::STYLE;

static PAGE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/ui/web/page");

pub(super) async fn serve(method: Method, uri: Uri) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Fault::method().into_response();
    }
    let path = match uri.path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    if path == "report.css" {
        return (
            [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")],
            STYLE,
        )
            .into_response();
    }
    match (bytes(path), kind(path)) {
        (Some(bytes), Some(kind)) => {
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], bytes).into_response()
        }
        _ => (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "not found\n")
            .into_response(),
    }
}

/// Where the program is being worked on, the page is read as it is now.
#[cfg(debug_assertions)]
fn bytes(path: &str) -> Option<Vec<u8>> {
    let file = PAGE.get_file(path);
    let source = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui/web/page"));
    let plain = path.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
    let fresh = plain.then(|| std::fs::read(source.join(path)).ok()).flatten();
    fresh.or_else(|| file.map(|file| file.contents().to_vec()))
}

#[cfg(not(debug_assertions))]
fn bytes(path: &str) -> Option<&'static [u8]> {
    PAGE.get_file(path).map(include_dir::File::contents)
}

fn kind(path: &str) -> Option<&'static str> {
    Some(match path.rsplit('.').next()? {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}
