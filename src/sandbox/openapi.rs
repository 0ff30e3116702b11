//! The OpenAPI 3.0 document of what is served, written from the routes.

use serde_json::{Map, Value, json};

use super::route::{Access, ERROR, Route, Shape, Source};
use super::routes;
use super::schema::{Field, Kind};

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
        operation["requestBody"] = json!({"required": true, "content": content(&object_schema(fields, false))});
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let placeholders = route.placeholders().map(
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}),
    );
    let query = route.query.iter().map(|field| {
        // An empty value counts as not sent.
        let schema = json!({"anyOf": [field_schema(field), {"type": "string", "enum": [""]}]});
        json!({"name": field.name, "in": "query", "required": field.is_required, "schema": schema})
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

/// The schema of a type in OpenAPI 3.0.
fn schema(kind: &Kind) -> Value {
    match kind {
        Kind::Text { min, max } => json!({"type": "string", "minLength": min, "maxLength": max}),
        Kind::Uuid => json!({"type": "string", "format": "uuid"}),
        Kind::Email => json!({"type": "string", "format": "email"}),
        Kind::Url => json!({"type": "string", "format": "uri"}),
        Kind::Time => json!({"type": "string", "format": "date-time"}),
        Kind::LocalTime => {
            json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"})
        }
        Kind::Word(words) => json!({"type": "string", "enum": words}),
        Kind::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Kind::Number => json!({"type": "number", "minimum": 0}),
        Kind::OneOf(numbers) => json!({"type": "integer", "enum": numbers}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Object(fields) => object_schema(fields, true),
        Kind::AnyObject => json!({"type": "object"}),
        Kind::Map(kind) => json!({"type": "object", "additionalProperties": schema(kind)}),
        Kind::List(kind) => json!({"type": "array", "items": schema(kind)}),
    }
}

/// The schema of an object. `is_closed` excludes other fields.
fn object_schema(fields: &[Field], is_closed: bool) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), field_schema(field))).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if is_closed {
        schema["additionalProperties"] = json!(false);
    }
    schema
}

/// The schema of a field. `x-guess` marks an assumption.
fn field_schema(field: &Field) -> Value {
    let mut schema = schema(&field.kind);
    if field.is_nullable {
        schema["nullable"] = json!(true);
        if let Some(Value::Array(words)) = schema.get_mut("enum") {
            words.push(Value::Null);
        }
    }
    if field.is_guess {
        schema["x-guess"] = json!(true);
    }
    schema
}
