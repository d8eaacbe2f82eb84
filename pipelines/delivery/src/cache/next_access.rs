//! When each request's object is asked for again.

/// The place of the next request of the same object for each request, `u32::MAX` where there is none. The objects'
/// numbers are below `count`, and there are fewer requests than `u32::MAX`.
pub fn next_places(
    objects: impl DoubleEndedIterator<Item = u32> + ExactSizeIterator,
    count: usize,
) -> Vec<u32> {
    let mut next = vec![u32::MAX; objects.len()];
    let mut seen = vec![u32::MAX; count];
    let mut place = next.len();
    for object in objects.rev() {
        place -= 1;
        next[place] = std::mem::replace(&mut seen[object as usize], place as u32);
    }
    next
}
