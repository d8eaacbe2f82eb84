//! The DIMACS reader: what it takes, and what it says of each line that it refuses.

use crate::flow::dimacs::Reader;
use crate::flow::network::{Arc, Network, UNBOUNDED};

fn read(text: &str) -> Result<Network, String> {
    let mut reader = Reader::default();
    for line in text.split_inclusive('\n') {
        reader.line(line.as_bytes()).map_err(|misread| misread.to_string())?;
    }
    reader.finish().map_err(|misread| misread.to_string())
}

#[test]
fn lines_may_be_spaced_and_ended_in_any_way() {
    let arcs = vec![
        Arc { tail: 0, head: 2, lower: 1, capacity: 4, cost: -7 },
        Arc { tail: 2, head: 0, lower: 0, capacity: UNBOUNDED, cost: 0 },
        Arc { tail: 2, head: 0, lower: 3, capacity: UNBOUNDED, cost: 1 },
    ];
    let network = Network { supplies: vec![5, 0, -5], arcs };
    let text = "c made by hand\r\n\r\np min 3 3\r\nn 1 5\r\nn 3 -5\r\na 1 3 1 4 -7\r\n\
                a\t3 1  0 -1 +0\ncomment\n   a 3 1 3 9223372036854775807 1";
    assert_eq!(read(text), Ok(network));
    assert_eq!(read("p min 0 0\n"), Ok(Network::default()));
}

#[test]
fn a_line_is_refused_with_its_number_and_its_fault() {
    let cases = [
        ("", "line 0: the file ends without a p line"),
        ("c\nn 1 1\n", "line 2: the p line must come before"),
        ("a 1 2 0 1 1\n", "line 1: the p line must come before"),
        ("p max 2 1\n", "line 1: the problem is `max`"),
        ("p min 2\n", "line 1: min, a number of nodes and a number of arcs must follow `p`, and there are 2"),
        ("p min 2 0\np min 2 0\n", "line 2: a second p line"),
        ("p min -2 0\n", "line 1: the number of nodes is -2"),
        ("p min 99999999999 0\n", "line 1: the number of nodes is 99999999999"),
        ("p min 2 9999999999999999999999\n", "line 1: `9999999999999999999999` is no integer of 64 bits"),
        ("p min 2 0\nx 1\n", "line 2: `x` begins no line"),
        ("p min 2 0\nn 0 1\n", "line 2: a node is 0; it must be from 1 to 2"),
        ("p min 2 0\nn 3 1\n", "line 2: a node is 3; it must be from 1 to 2"),
        ("p min 2 0\nn 1\n", "line 2: a node and its supply must follow `n`, and there are 1"),
        ("p min 2 0\nn 1 1.5\n", "line 2: `1.5` is no integer"),
        ("p min 2 0\nn 1 1\nn 1 1\n", "line 3: node 1 has its supply stated twice"),
        ("p min 2 1\na 1 2 0 1\n", "must follow `a`, and there are 4"),
        ("p min 2 1\na 1 2 0 1 1 1\n", "must follow `a`, and there are 6"),
        ("p min 2 1\na 1 2 0 1 1e3\n", "`1e3` is no integer"),
        ("p min 2 1\na 1 2 -1 1 1\n", "line 2: the lower bound is -1"),
        ("p min 2 1\na 1 2 0 -2 1\n", "line 2: the capacity is -2; it must be from 0 to"),
        ("p min 2 1\na 1 2 3 2 1\n", "line 2: the capacity is 2; it must be from 3 to"),
        ("p min 2 1\na 1 3 0 2 1\n", "line 2: a node is 3"),
        ("p min 2 2\na 1 2 0 2 1\n", "line 2: 2 arcs are announced, and there are 1"),
        ("p min 2 0\na 1 2 0 2 1\n", "line 2: 0 arcs are announced, and there are 1"),
    ];
    for (text, expected) in cases {
        let refused = read(text).expect_err(text);
        assert!(refused.contains(expected), "{text:?}: {refused}");
    }
    let mut reader = Reader::default();
    assert!(reader.line(b"p \xff\xfe 2 3").is_err());
}
