//! The products that clusters can have: read only, the same for every user.

use serde_json::{Value, json};

use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response};
use crate::sandbox::route::Access::User;
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text};

pub(super) const ROUTES: &[Route] =
    &[Route::new("GET", "/api/v2/products/", User, &[(200, Shape::List(PRODUCT))], list).query(&[
        // The Python program sends `kind`. The vendor's description has it in another path.
        text("kind").optional(),
        text("tier").optional(),
        text("name").optional(),
        text("plan").optional(),
        text("offer").optional(),
    ])];

const PRODUCT: &[Field] = &[
    text("kind"),
    text("name"),
    text("tier"),
    text("description"),
    text("scale_summary"),
    text("label"),
    field("deprecated", Kind::Boolean),
    field("price_per_dtu_minute", Kind::Integer { min: 0, max: i64::MAX }),
    field("specs", Kind::Object(SPECS)),
];

const SPECS: &[Field] = &[
    field("cpu_cores", Kind::Number),
    field("ram_bytes", Kind::Integer { min: 0, max: i64::MAX }),
    field("storage_minimum_bytes", Kind::Integer { min: 0, max: i64::MAX }),
    field("storage_maximum_bytes", Kind::Integer { min: 0, max: i64::MAX }),
];

/// The name of the product that every seeded cluster has.
pub(super) const NAME: &str = "cr1";
/// The tier of every product.
pub(super) const TIER: &str = "default";
/// Name, CPU cores, GiB of memory and price of the products. The numbers and the unit of the price are a guess.
const PRODUCTS: &[(&str, u32, u64, u32)] = &[(NAME, 2, 8, 20), ("cr2", 4, 16, 40), ("cr3", 8, 32, 80)];
const GIB: u64 = 1 << 30;

fn list(request: &mut Request) -> Outcome {
    let is_wanted = |product: &Value| {
        let fields = ["kind", "tier", "name", "plan", "offer"].iter();
        let mut wanted = fields.filter_map(|name| Some((*name, request.parameter(name)?)));
        wanted.all(|(name, value)| product[name] == value)
    };
    let products = PRODUCTS.iter().map(|(name, cores, memory, price)| {
        json!({
            "kind": "cluster",
            "name": name,
            "tier": TIER,
            "description": format!("{cores} CPU cores and {memory} GiB of memory for each node"),
            "scale_summary": "1 to 9 nodes",
            "label": name.to_uppercase(),
            "deprecated": false,
            "price_per_dtu_minute": price,
            "specs": {
                "cpu_cores": cores,
                "ram_bytes": memory * GIB,
                "storage_minimum_bytes": 8 * GIB,
                "storage_maximum_bytes": 2048 * GIB,
            },
        })
    });
    Ok(Response::json(200, products.filter(is_wanted).collect()))
}
