//! The OpenAPI 3.0 document of what is served, written from the routes.

use serde_json::{Map, Value, json};

use super::route::{Access, ERROR, Route, Shape, Source};
use super::routes;
use super::schema::{field_schema, object_schema};

/// The document.
pub(super) fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in routes::all() {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "The embedded cloud of croud",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What `croud sandbox serve` serves. `x-source` says where an operation is known from, \
                            `x-guess` marks types that are assumptions.",
        },
        "paths": paths,
        "components": {
            "schemas": {"Error": object_schema(ERROR, true)},
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "parameters": parameters(route),
        "responses": responses(route),
        "x-source": route.source.name(),
        "x-access": format!("{:?}", route.access).to_lowercase(),
    });
    if route.source == Source::Guess {
        operation["x-guess"] = json!(true);
    }
    operation["security"] = match route.access {
        Access::Public => json!([]),
        _ => json!([{"cookie": []}, {"basic": []}]),
    };
    if let Some(fields) = route.body {
        let is_required = fields.iter().any(|field| field.is_required);
        operation["requestBody"] = json!({"required": is_required, "content": content(&object_schema(fields, false))});
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let placeholders = route.placeholders().map(
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}),
    );
    let query = route.query.iter().map(|field| {
        json!({"name": field.name, "in": "query", "required": field.is_required, "schema": field_schema(field)})
    });
    placeholders.chain(query).collect()
}

fn responses(route: &Route) -> Map<String, Value> {
    let successes = route.replies.iter().map(|(status, shape)| {
        let mut response = json!({"description": "Success."});
        match shape {
            Shape::Empty => {}
            Shape::Html => response["content"] = json!({"text/html": {"schema": {"type": "string"}}}),
            Shape::Object(fields) => response["content"] = content(&object_schema(fields, true)),
            Shape::List(fields) => {
                response["content"] = content(&json!({"type": "array", "items": object_schema(fields, true)}));
            }
        }
        (status.to_string(), response)
    });
    let errors = route.error_statuses().into_iter().map(|status| match status {
        302 => ("302".to_owned(), json!({"description": "Not authenticated: a redirect to the login."})),
        status => {
            let schema = json!({"$ref": "#/components/schemas/Error"});
            (status.to_string(), json!({"description": "Error.", "content": content(&schema)}))
        }
    });
    let mut all: Map<String, Value> = Map::new();
    for (status, response) in successes.chain(errors) {
        // A public endpoint can redirect as its success.
        all.entry(status).or_insert(response);
    }
    all
}

fn content(schema: &Value) -> Value {
    json!({"application/json": {"schema": schema}})
}
