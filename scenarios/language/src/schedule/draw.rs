//! The strategies from which schedules are drawn, with the same draws on every machine.
//!
//! proptest draws a range of `usize` as wide as the machine's words: as u64 on 64 bits, as u32 on 32. It also
//! draws the place of [`proptest::sample::select`] in that way. A seed would then name one schedule here and
//! another in a browser. So this folder draws places as u64 and converts them, and it makes lists and choices
//! by the functions of this module. `tests/widths.rs` holds
//! the folder to that.

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::strategy::{BoxedStrategy, Strategy};

/// A number between the least and the greatest, both included, drawn as u64.
pub(super) fn number([least, most]: [usize; 2]) -> BoxedStrategy<usize> {
    (wide(least)..=wide(most)).prop_map(narrow).boxed()
}

/// A place in a list of so many items, drawn as u64. There is at least one item.
pub(super) fn place(items: usize) -> BoxedStrategy<usize> {
    (0_u64..wide(items)).prop_map(narrow).boxed()
}

/// One of these values; its place is drawn as u64.
pub(super) fn one_of<T: Clone + Debug + 'static>(values: Vec<T>) -> BoxedStrategy<T> {
    place(values.len())
        .prop_map(move |place| values[place].clone())
        .boxed()
}

/// A list of items, whose length is between the least and the greatest, both included.
///
/// rand draws the length as u32 on every machine.
pub(super) fn list<T: Debug + 'static>(
    item: impl Strategy<Value = T> + 'static,
    [least, most]: [usize; 2],
) -> BoxedStrategy<Vec<T>> {
    vec(item, least..=most).boxed()
}

/// Some of the places in a list of so many items, in order: at least one of them.
///
/// rand draws how many, and which, as u32 on every machine.
pub(super) fn some_places(items: usize) -> BoxedStrategy<Vec<usize>> {
    let all: Vec<usize> = (0..items).collect();
    proptest::sample::subsequence(all, 1..=items).boxed()
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).expect("invariant: no machine has words of more than 64 bits")
}

fn narrow(number: u64) -> usize {
    usize::try_from(number).expect("invariant: the range was made from usize")
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    use super::*;

    /// The first values that a strategy draws from a fixed seed.
    fn drawn<T: Debug>(strategy: &BoxedStrategy<T>) -> Vec<T> {
        let mut runner: TestRunner = super::super::runner("widths", 7);
        (0..12)
            .map(|_| strategy.new_tree(&mut runner).unwrap().current())
            .collect()
    }

    /// The numbers are those of a machine with 64 bits. On a machine with 32 bits they are the same as long
    /// as nothing is drawn as usize.
    #[test]
    fn draws_do_not_depend_on_the_width_of_the_machine() {
        assert_eq!(drawn(&place(3)), [0, 2, 0, 0, 2, 2, 0, 1, 0, 1, 0, 0]);
        let numbers = [2, 10, 3, 3, 12, 11, 3, 7, 2, 6, 2, 5];
        assert_eq!(drawn(&number([2, 12])), numbers);
        let choices = [1, 60, 1, 1, 60, 60, 1, 8, 1, 3, 1, 3];
        assert_eq!(drawn(&one_of(vec![1, 3, 8, 20, 60])), choices);
        let lists = [
            0, 0, 2, 2, 0, 0, 1, 2, 0, 0, 0, 0, 1, 1, 1, 1, 0, 2, 0, 0, 0, 0, 2, 2, 0, 2, 0, 1, 2,
            1, 1, 0, 0, 1, 0, 2, 0, 1, 2, 0, 2, 1,
        ];
        assert_eq!(drawn(&list(0_u8..3, [2, 5])).concat(), lists);
        let some = [0, 1, 2, 1, 0, 1, 2, 2, 0, 1, 2, 1, 1, 2, 0, 2, 1, 2, 2];
        assert_eq!(drawn(&some_places(3)).concat(), some);
    }
}
