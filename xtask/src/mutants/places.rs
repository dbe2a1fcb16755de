//! Where each mutant is in its file, and what has to be wrapped to make it a switch.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, Result};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::list::{Genre, Mutant, Position};

/// What a mutant needs to become a switch; all in bytes of its file.
#[derive(Clone, Debug)]
pub enum Place {
    /// An early return right behind the body's brace.
    Body { behind: usize },
    /// The whole body, boxed: a function that returns `impl Iterator` returns one type.
    Boxed(Range<usize>),
    /// Another form of a whole expression.
    Expression(Range<usize>),
    /// One more condition of an arm without guard, behind its pattern.
    Arm { behind: usize, of_match: Match },
    /// One more condition of an arm with a guard; also a guard that is replaced. One with a `let`
    /// takes no parentheses.
    Guard {
        of: Range<usize>,
        has_let: bool,
        of_match: Match,
    },
    /// None, and why.
    Nowhere(&'static str),
    /// Nothing that compiles.
    Unviable,
}

/// The match an arm is in.
#[derive(Clone, Debug, Default)]
pub struct Match {
    /// What is matched.
    pub on: Range<usize>,
    /// Whether the arm takes all that is left: nothing compiles without it.
    pub takes_all: bool,
}

/// One file, read.
pub struct Source {
    pub text: String,
    /// Where `const` stands before a function, and the function's name.
    pub const_functions: Vec<(Range<usize>, String)>,
    starts: Vec<usize>,
}

impl Source {
    /// The byte at a line and column.
    pub fn offset(&self, position: Position) -> usize {
        let start = self.starts[position.line - 1];
        self.text[start..]
            .char_indices()
            .nth(position.column - 1)
            .map_or(self.text.len(), |(at, _)| start + at)
    }
}

/// Sources by file, and places in the order of the mutants.
pub struct Places {
    pub sources: BTreeMap<String, Source>,
    pub places: Vec<Place>,
}

/// Finds them all.
pub fn of(root: &Path, mutants: &[Mutant]) -> Result<Places> {
    let mut sources = BTreeMap::new();
    let mut found = HashMap::new();
    for mutant in mutants {
        if sources.contains_key(&mutant.file) {
            continue;
        }
        let text = std::fs::read_to_string(root.join(&mutant.file))?;
        let file = syn::parse_file(&text).with_context(|| mutant.file.clone())?;
        let mut finder = Finder::default();
        finder.visit_file(&file);
        found.insert(mutant.file.clone(), finder.places);
        let starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let const_functions = finder.const_functions;
        sources.insert(
            mutant.file.clone(),
            Source {
                text,
                const_functions,
                starts,
            },
        );
    }
    let places = mutants
        .iter()
        .map(|mutant| {
            let start = sources[&mutant.file].offset(mutant.span.start);
            place(mutant, found[&mutant.file].get(&(mutant.genre, start)))
        })
        .collect();
    Ok(Places { sources, places })
}

fn place(mutant: &Mutant, found: Option<&Place>) -> Place {
    let opaque = mutant
        .function
        .as_ref()
        .is_some_and(|function| function.return_type.contains("impl "));
    match found {
        None => Place::Nowhere("its place is not found"),
        Some(Place::Body { .. }) if opaque => {
            Place::Nowhere("returns `impl`: one function cannot return two types")
        }
        Some(place) => place.clone(),
    }
}

#[derive(Default)]
struct Finder {
    places: HashMap<(Genre, usize), Place>,
    const_functions: Vec<(Range<usize>, String)>,
    in_constant: bool,
    /// What the match that is being visited matches on.
    on: Range<usize>,
}

/// The whole expressions a binary operator belongs to: another operator may bind differently.
#[derive(Clone, Default)]
struct Around {
    logical: Option<Place>,
    other: Option<Place>,
}

impl Finder {
    fn add(&mut self, genre: Genre, start: usize, place: Place) {
        let place = if self.in_constant {
            Place::Nowhere("is a constant")
        } else {
            place
        };
        self.places.insert((genre, start), place);
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        if let Some(constness) = signature.constness {
            self.const_functions
                .push((constness.span.byte_range(), signature.ident.to_string()));
        }
        if let Some(first) = block.stmts.first() {
            let braces = block.brace_token.span;
            let behind = braces.open().byte_range().end;
            let place = match &signature.output {
                syn::ReturnType::Type(_, ty) if is_iterator(ty) => {
                    Place::Boxed(behind..braces.close().byte_range().start)
                }
                _ => Place::Body { behind },
            };
            self.add(Genre::FnValue, first.span().byte_range().start, place);
        }
    }

    fn constant(&mut self, inside: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.in_constant, true);
        inside(self);
        self.in_constant = before;
    }

    fn operator(&mut self, binary: &syn::ExprBinary, around: Around) {
        let own = binary.span().byte_range();
        let (place, below) = match binary.op {
            syn::BinOp::And(_) | syn::BinOp::Or(_) => {
                let place = around.logical.unwrap_or_else(|| {
                    if holds_let(binary) {
                        Place::Unviable
                    } else {
                        Place::Expression(own)
                    }
                });
                let below = Around {
                    logical: Some(place.clone()),
                    other: None,
                };
                (place, below)
            }
            ref op if assigns(op) => (Place::Expression(own), Around::default()),
            _ => {
                let place = around.other.unwrap_or(Place::Expression(own));
                let below = Around {
                    logical: None,
                    other: Some(place.clone()),
                };
                (place, below)
            }
        };
        let start = binary.op.span().byte_range().start;
        self.add(Genre::BinaryOperator, start, place);
        for side in [&binary.left, &binary.right] {
            match side.as_ref() {
                syn::Expr::Binary(inner) => self.operator(inner, below.clone()),
                other => self.visit_expr(other),
            }
        }
    }
}

fn assigns(op: &syn::BinOp) -> bool {
    use syn::BinOp::{
        AddAssign, BitAndAssign, BitOrAssign, BitXorAssign, DivAssign, MulAssign, RemAssign,
        ShlAssign, ShrAssign, SubAssign,
    };
    matches!(
        op,
        AddAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | BitXorAssign(_)
            | DivAssign(_)
            | MulAssign(_)
            | RemAssign(_)
            | ShlAssign(_)
            | ShrAssign(_)
            | SubAssign(_)
    )
}

/// Whether a chain of conditions holds a `let`: nothing but `&&` joins those.
fn holds_let(binary: &syn::ExprBinary) -> bool {
    [&binary.left, &binary.right]
        .into_iter()
        .any(|side| match side.as_ref() {
            syn::Expr::Let(_) => true,
            syn::Expr::Binary(inner) => holds_let(inner),
            _ => false,
        })
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.constant(|finder| visit::visit_item_const(finder, item));
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        self.operator(binary, Around::default());
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let start = unary.op.span().byte_range().start;
        let place = Place::Expression(unary.span().byte_range());
        self.add(Genre::UnaryOperator, start, place);
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_struct(&mut self, expression: &'ast syn::ExprStruct) {
        let whole = expression.span().byte_range();
        for field in &expression.fields {
            let start = field.span().byte_range().start;
            let place = Place::Expression(whole.clone());
            self.add(Genre::StructField, start, place);
        }
        visit::visit_expr_struct(self, expression);
    }

    fn visit_expr_match(&mut self, matched: &'ast syn::ExprMatch) {
        self.visit_expr(&matched.expr);
        for arm in &matched.arms {
            self.on = matched.expr.span().byte_range();
            self.visit_arm(arm);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let of_match = Match {
            on: self.on.clone(),
            takes_all: arm.guard.is_none() && takes_all(&arm.pat),
        };
        let place = match &arm.guard {
            Some((_, guard)) => Place::Guard {
                of: guard.span().byte_range(),
                has_let: is_let(guard),
                of_match,
            },
            None => Place::Arm {
                behind: arm.pat.span().byte_range().end,
                of_match,
            },
        };
        if let Place::Guard { of, has_let, .. } = &place {
            let own = if *has_let {
                Place::Nowhere("its guard has a `let`")
            } else {
                place.clone()
            };
            self.add(Genre::MatchArmGuard, of.start, own);
        }
        self.add(Genre::MatchArm, arm.span().byte_range().start, place);
        visit::visit_arm(self, arm);
    }
}

/// Whether a pattern matches everything, as far as that shows in it.
fn takes_all(pattern: &syn::Pat) -> bool {
    match pattern {
        syn::Pat::Wild(_) => true,
        // `None` is a name as well.
        syn::Pat::Ident(name) => {
            name.subpat.is_none() && name.ident.to_string().starts_with(char::is_lowercase)
        }
        syn::Pat::Tuple(tuple) => tuple.elems.iter().all(takes_all),
        _ => false,
    }
}

fn is_iterator(ty: &syn::Type) -> bool {
    let syn::Type::ImplTrait(bounds) = ty else {
        return false;
    };
    matches!(bounds.bounds.first(), Some(syn::TypeParamBound::Trait(bound))
        if bound.path.segments.last().is_some_and(|last| last.ident == "Iterator"))
}

fn is_let(guard: &syn::Expr) -> bool {
    match guard {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => holds_let(binary),
        _ => false,
    }
}
