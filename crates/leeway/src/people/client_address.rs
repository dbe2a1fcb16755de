//! Where a request comes from. A proxy that is trusted says so in `X-Forwarded-For`; from anybody else that is only
//! a claim.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};

const FORWARDED: &str = "x-forwarded-for";

/// A network by its text: `10.0.0.0/8`, or one address.
pub fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The address limits go by: the last one in the chain that is no trusted proxy. Addresses of one IPv6 network of
/// 64 bits are one: whoever has one has all of them.
pub fn of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> String {
    let Some(peer) = peer else {
        return "local".to_owned();
    };
    let is_trusted = |address: &IpAddr| {
        address.is_loopback() || trusted.iter().any(|network| network.contains(address))
    };
    let mut address = peer.to_canonical();
    let said = headers
        .get_all(FORWARDED)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect::<Vec<_>>();
    for one in said.iter().rev() {
        if !is_trusted(&address) {
            break;
        }
        match forwarded(one) {
            Some(further) => address = further,
            // Whatever stands before it cannot be told.
            None => break,
        }
    }
    limited(address)
}

/// An address as proxies write it: alone, with a port, in brackets.
fn forwarded(text: &str) -> Option<IpAddr> {
    let plain = text.trim_matches('"');
    plain
        .parse()
        .ok()
        .or_else(|| {
            plain
                .parse::<std::net::SocketAddr>()
                .ok()
                .map(|both| both.ip())
        })
        .or_else(|| plain.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
        .map(|address: IpAddr| address.to_canonical())
}

fn limited(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, said: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in said {
            headers.append(FORWARDED, value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|text| network(text).unwrap()).collect();
        of(Some(peer.parse().unwrap()), &headers, &trusted)
    }

    #[test]
    fn only_a_trusted_proxy_says_where_a_request_comes_from() {
        for (peer, said, trusted, expected) in [
            ("203.0.113.1", &["198.51.100.1"][..], &[][..], "203.0.113.1"),
            ("127.0.0.1", &["198.51.100.1"], &[], "198.51.100.1"),
            ("::1", &["198.51.100.1:5000"], &[], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], &[], "198.51.100.1"),
            ("127.0.0.1", &[], &[], "127.0.0.1"),
            // What a client wrote itself stands before what the proxy added.
            ("127.0.0.1", &["1.2.3.4, 198.51.100.1"], &[], "198.51.100.1"),
            (
                "127.0.0.1",
                &["1.2.3.4", "198.51.100.1"],
                &[],
                "198.51.100.1",
            ),
            ("127.0.0.1", &["1.2.3.4, nonsense"], &[], "127.0.0.1"),
            ("10.0.0.2", &["198.51.100.1"], &[], "10.0.0.2"),
            (
                "10.0.0.2",
                &["198.51.100.1, 10.0.0.3"],
                &["10.0.0.0/8"],
                "198.51.100.1",
            ),
            ("10.0.0.2", &["10.0.0.9"], &["10.0.0.0/8"], "10.0.0.9"),
            ("10.0.0.2", &["198.51.100.1"], &["10.0.0.2"], "198.51.100.1"),
            (
                "127.0.0.1",
                &["\"[2001:db8::7]:443\""],
                &[],
                "2001:db8::/64",
            ),
            ("127.0.0.1", &["[2001:db8::7]"], &[], "2001:db8::/64"),
        ] {
            assert_eq!(found(peer, said, trusted), expected, "{peer} {said:?}");
        }
        assert_eq!(of(None, &HeaderMap::new(), &[]), "local");
    }

    #[test]
    fn a_network_is_an_address_or_a_range() {
        for text in ["10.0.0.0/8", "10.1.2.3", "fd00::/8", "::1"] {
            assert!(network(text).is_some(), "{text}");
        }
        for text in ["", "10.0.0.0/33", "proxy.example", "*"] {
            assert!(network(text).is_none(), "{text}");
        }
    }
}
