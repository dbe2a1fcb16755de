//! Draws that nobody can steer and everybody can repeat: a hash of a seed and the id decides.

use sha2::{Digest, Sha256};

/// A number between 0 and 1 (exclusive) that follows from seed and id alone.
pub fn point(seed: &str, id: &str) -> f64 {
    let mut hash = Sha256::new();
    hash.update(seed.as_bytes());
    hash.update([0]);
    hash.update(id.as_bytes());
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    // 53 bits: every value is one a float has.
    (u64::from_be_bytes(first) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whether a share (0 to 1) of what there is takes in this one.
pub fn takes(seed: &str, id: &str, share: f64) -> bool {
    point(seed, id) < share
}

/// As many of these as are asked for, in the order drawn.
pub fn of<T: AsRef<str>>(seed: &str, mut from: Vec<T>, count: usize) -> Vec<T> {
    from.sort_by(|one, other| {
        let (a, b) = (point(seed, one.as_ref()), point(seed, other.as_ref()));
        a.total_cmp(&b)
            .then_with(|| one.as_ref().cmp(other.as_ref()))
    });
    from.truncate(count);
    from
}

/// How many of each stratum are drawn so that `count` are in all: in proportion, at least one of each that
/// has any while that is possible, the largest remainders first.
pub fn allot(sizes: &[u64], count: usize) -> Vec<usize> {
    let total: u64 = sizes.iter().sum();
    let count = count.min(total as usize);
    let mut allotted: Vec<usize> = sizes.iter().map(|size| usize::from(*size > 0)).collect();
    // The largest first: they lose nothing when there is less than one for each.
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(sizes[*index]));
    let mut given: usize = allotted.iter().sum();
    for index in order.iter().rev() {
        if given > count && allotted[*index] > 0 {
            allotted[*index] -= 1;
            given -= 1;
        }
    }
    while given < count {
        let lacks = |index: &usize| {
            let wanted = sizes[*index] as f64 * count as f64 / total as f64;
            wanted - allotted[*index] as f64
        };
        let next = order
            .iter()
            .filter(|index| (allotted[**index] as u64) < sizes[**index])
            .max_by(|one, other| lacks(one).total_cmp(&lacks(other)));
        let Some(next) = next else { break };
        allotted[*next] += 1;
        given += 1;
    }
    allotted
}
