//! Which addresses Leeway connects to for a system. A name is resolved once and every address it has
//! is looked at; the connection then goes to one of exactly those, so that a name cannot point
//! elsewhere a moment later.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::Url;

/// An address that may not be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("address-forbidden: `{host}` is {what}, and {help}")]
pub struct Forbidden {
    host: String,
    what: &'static str,
    help: &'static str,
}

/// What kind of address it is, when it is not an ordinary one of the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// This machine or a private network: reached where the operator says so.
    Private(&'static str),
    /// Never reached: link-local (where clouds serve credentials), multicast, reserved.
    Never(&'static str),
}

/// The addresses of a host, every one of them allowed.
pub async fn resolve(
    host: &str,
    port: u16,
    allow_private: bool,
) -> Result<Vec<SocketAddr>, String> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = match bare.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => tokio::net::lookup_host((bare, port))
            .await
            .map_err(|error| format!("`{host}` has no address: {error}"))?
            .collect(),
    };
    if addresses.is_empty() {
        return Err(format!("`{host}` has no address"));
    }
    for address in &addresses {
        check(host, address.ip(), allow_private).map_err(|error| error.to_string())?;
    }
    Ok(addresses)
}

/// Whether one address may be reached.
pub fn check(host: &str, address: IpAddr, allow_private: bool) -> Result<(), Forbidden> {
    let (what, help) = match kind(address) {
        None => return Ok(()),
        Some(Kind::Private(_)) if allow_private => return Ok(()),
        Some(Kind::Private(what)) => (
            what,
            "the system's file does not say `allow_private = true`",
        ),
        Some(Kind::Never(what)) => (what, "that is never reached"),
    };
    Err(Forbidden {
        host: host.to_owned(),
        what,
        help,
    })
}

/// Whether an address that is written out as numbers may be reached; names are looked at when they are resolved.
pub fn check_written(url: &Url, allow_private: bool) -> Result<(), Forbidden> {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(address) => check(host, address, allow_private),
        Err(_) => Ok(()),
    }
}

/// Whether an address may be reached as far as it says so itself: as numbers, or as this machine's own name.
pub fn check_host(url: &Url, allow_private: bool) -> Result<(), Forbidden> {
    match url.host_str() {
        Some("localhost") => check("localhost", Ipv4Addr::LOCALHOST.into(), allow_private),
        _ => check_written(url, allow_private),
    }
}

/// Resolves names as [`resolve`] does.
#[derive(Clone, Copy, Debug)]
pub struct Guarded {
    allow_private: bool,
}

impl Guarded {
    /// With or without this machine and private networks.
    pub fn new(allow_private: bool) -> Self {
        Self { allow_private }
    }

    /// Whether an address is one, and may be reached as far as it says so itself.
    pub fn check(self, url: &str) -> Result<(), String> {
        let parsed = Url::parse(url).map_err(|error| format!("`{url}` is no address: {error}"))?;
        check_written(&parsed, self.allow_private).map_err(|error| error.to_string())
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let addresses = resolve(name.as_str(), 0, allow_private).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn kind(address: IpAddr) -> Option<Kind> {
    match address {
        IpAddr::V4(address) => kind_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => kind_v4(inner).or(Some(Kind::Never("a translated address"))),
            None => kind_v6(address),
        },
    }
}

fn kind_v4(address: Ipv4Addr) -> Option<Kind> {
    const METADATA: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        (127, ..) => Some(Kind::Private("this machine")),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => {
            Some(Kind::Private("in a private network"))
        }
        (169, 254, _) => Some(Kind::Never("a link-local address")),
        _ if address == METADATA => Some(Kind::Never("a cloud's metadata service")),
        (0, ..)
        | (192, 0, 0 | 2)
        | (192, 88, 99)
        | (198, 18 | 19, _)
        | (198, 51, 100)
        | (203, 0, 113) => Some(Kind::Never("a reserved address")),
        (224.., ..) => Some(Kind::Never("a multicast or reserved address")),
        _ => None,
    }
}

/// The IPv4 address inside an IPv6 one: mapped, compatible, or translated (NAT64, 6to4).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = address.segments();
    let [.., g, h] = s;
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match s {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(v4(g, h)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

fn kind_v6(address: Ipv6Addr) -> Option<Kind> {
    let s = address.segments();
    match s[0] {
        _ if address == Ipv6Addr::LOCALHOST => Some(Kind::Private("this machine")),
        0xfc00..=0xfdff if s == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => {
            Some(Kind::Never("a cloud's metadata service"))
        }
        0xfc00..=0xfdff => Some(Kind::Private("in a private network")),
        0xfe80..=0xfebf => Some(Kind::Never("a link-local address")),
        0x2001 if s[1] == 0 || s[1] == 0xdb8 => Some(Kind::Never("a reserved address")),
        // Global unicast is 2000::/3; nothing else is an address of the internet.
        0x2000..=0x3fff => None,
        _ => Some(Kind::Never("a reserved address")),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    fn reached(address: &str, allow_private: bool) -> bool {
        check("host", address.parse().unwrap(), allow_private).is_ok()
    }

    #[test]
    fn addresses_of_the_internet_are_reached() {
        for address in [
            "93.184.216.34",
            "8.8.8.8",
            "100.63.0.1",
            "172.32.0.1",
            "2606:4700::1111",
        ] {
            assert!(reached(address, false), "{address}");
        }
    }

    #[test]
    fn this_machine_and_private_networks_are_reached_where_the_operator_says_so() {
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.100.100.200",
            "::1",
            "fd00::1",
            "fc00::1",
        ] {
            assert!(!reached(address, false), "{address}");
            assert!(reached(address, true), "{address}");
        }
        assert!(!reached("::ffff:127.0.0.1", false));
        assert!(reached("::ffff:127.0.0.1", true));
    }

    #[test]
    fn metadata_services_and_reserved_addresses_are_never_reached() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "168.63.129.16",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "::",
            "fec0::1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "2001:0:1::1",
            "2001:db8::1",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(!reached(address, true), "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_is_as_good_as_the_addresses_it_has() {
        let refused = super::resolve("localhost", 80, false).await.unwrap_err();
        assert!(
            refused.starts_with("address-forbidden: `localhost` is this machine"),
            "{refused}"
        );
        let found = super::resolve("localhost", 80, true).await.unwrap();
        assert!(
            found
                .iter()
                .all(|address| address.ip().is_loopback() && address.port() == 80)
        );
        assert!(
            super::resolve("[::1]", 80, false)
                .await
                .unwrap_err()
                .contains("this machine")
        );
    }
}
