//! How good reviews are.

/// Two reviewers' verdicts on the same items: `[[both right, first right], [second right, both wrong]]`.
pub type Table = [[u64; 2]; 2];

fn parts(table: &Table) -> Option<[[f64; 2]; 2]> {
    let total: u64 = table.iter().flatten().sum();
    let part = |count: u64| count as f64 / total as f64;
    (total > 0).then(|| table.map(|row| row.map(part)))
}

/// Cohen's kappa: agreement beyond chance. `None` without items, or where chance alone explains all.
pub fn kappa(table: &Table) -> Option<f64> {
    let [[a, b], [c, d]] = parts(table)?;
    let agreed = a + d;
    let chance = (a + b) * (a + c) + (c + d) * (b + d);
    (chance < 1.0).then(|| (agreed - chance) / (1.0 - chance))
}

/// Gwet's AC1: agreement beyond chance that stays meaningful where nearly everything is right.
pub fn ac1(table: &Table) -> Option<f64> {
    let [[a, b], [c, d]] = parts(table)?;
    let right = f64::midpoint(a + b, a + c);
    let chance = 2.0 * right * (1.0 - right);
    Some((a + d - chance) / (1.0 - chance))
}

/// How probable it is that somebody who rejects as often as their peers rejects none of so many: a very
/// small value is a rubber stamp.
pub fn no_rejection(n: u64, peers: f64) -> f64 {
    (1.0 - peers).powf(n as f64)
}
