//! The name that was probably meant: the nearest by changed letters, if one is near.

/// The candidate with the fewest changed letters; none where more than a third of the name would change.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let ranked = candidates.into_iter().map(|candidate| (distance(name, candidate), candidate));
    ranked
        .filter(|(distance, _)| *distance <= allowed(name))
        .min_by_key(|(distance, _)| *distance)
        .map(|best| best.1)
}

/// The table nearest to a `layer.table`: its own name counts first, then its layer.
pub fn nearest_table(layer: &str, name: &str) -> Option<String> {
    schemas::tables()
        .map(|table| (distance(name, table.name), distance(layer, table.layer.name()), table))
        .filter(|(distance, ..)| *distance <= allowed(name))
        .min_by_key(|(by_name, by_layer, _)| (*by_name, *by_layer))
        .map(|(.., table)| table.sql_name())
}

fn allowed(name: &str) -> usize {
    (name.chars().count() / 3).max(1)
}

/// Letters to insert, delete, replace or swap with their neighbour; case does not count.
fn distance(a: &str, b: &str) -> usize {
    let letters = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<_>>();
    let (a, b) = (letters(a), letters(b));
    let mut before = vec![0; b.len() + 1];
    let mut above = (0..=b.len()).collect::<Vec<_>>();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = above;
        above = row;
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "ab", 2),
            ("Breaks", "breaks", 0),
            ("brekas", "breaks", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn only_near_names_are_offered() {
        let names = ["amount", "actual", "dt"];
        assert_eq!(nearest("amuont", names), Some("amount"));
        assert_eq!(nearest("dy", names), Some("dt"));
        assert_eq!(nearest("creator", names), None);
    }

    #[test]
    fn tables_are_found_in_other_layers() {
        assert_eq!(nearest_table("gold", "breaks").as_deref(), Some("silver.breaks"));
        assert_eq!(nearest_table("sliver", "brekas").as_deref(), Some("silver.breaks"));
        assert_eq!(nearest_table("ops", "rnus").as_deref(), Some("ops.runs"));
        assert_eq!(nearest_table("gold", "weather"), None);
    }
}
