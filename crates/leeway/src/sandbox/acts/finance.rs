//! Invoices and refunds.

use super::{Moment, by_id, list, only, set_by_id};
use crate::sandbox::books::{Arguments, Books, Record, text};
use serde_json::{Value, json};

/// All invoices.
pub fn list_invoices(books: &Books, _: &Arguments) -> Result<Value, String> {
    let fields = [
        "id",
        "account_id",
        "amount_cents",
        "currency",
        "status",
        "due_date",
        "refunded_cents",
    ];
    Ok(list(
        books
            .all("invoices")
            .map(|invoice| only(invoice, &fields))
            .collect(),
    ))
}

/// One invoice.
pub fn get_invoice(books: &Books, arguments: &Arguments) -> Result<Value, String> {
    by_id(books, "invoices", arguments)
}

/// Sets fields of an invoice.
pub fn update_invoice(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    set_by_id(books, "invoices", arguments)
}

/// Pays money back. Like many a payment system it asks no questions: an amount above the invoice
/// goes through.
pub fn create_refund(
    books: &mut Books,
    arguments: &Arguments,
    moment: &Moment,
) -> Result<Value, String> {
    let invoice_id = text(arguments, "invoice_id")?;
    let amount_cents = arguments
        .get("amount_cents")
        .and_then(Value::as_i64)
        .ok_or("`amount_cents` must be a whole number of cents")?;
    let refunded = books
        .get("invoices", invoice_id)?
        .get("refunded_cents")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    let total = refunded
        .checked_add(amount_cents)
        .ok_or("`amount_cents` is too large")?;
    books.change("invoices", invoice_id, |invoice| {
        invoice.insert("refunded_cents".to_owned(), json!(total));
    })?;
    let mut refund = Record::new();
    refund.insert("invoice_id".to_owned(), json!(invoice_id));
    refund.insert("amount_cents".to_owned(), json!(amount_cents));
    refund.insert("reason".to_owned(), json!(text(arguments, "reason")?));
    refund.insert("paid_at".to_owned(), json!(moment.now));
    Ok(books.create("refunds", refund)?.into())
}
