//! Which addresses Pointsman calls: those of the public internet, and those that the operator allows. Pure: never
//! resolves a name, never opens a connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// One exception to the rule, from the operator's configuration: `10.1.0.0/16` or `mail.internal:8080`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allow {
    /// Every port of every address in a range, also where a name resolves to it.
    Network(IpNet),
    /// One port of one host as it is written in the URL, whatever it resolves to.
    Endpoint {
        /// A name or an address, in lower case.
        host: String,
        /// The port.
        port: u16,
    },
}

/// The text is neither a range nor `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a range such as 10.1.0.0/16 nor an endpoint such as mail.internal:8080")]
pub struct InvalidAllow(String);

impl FromStr for Allow {
    type Err = InvalidAllow;

    fn from_str(text: &str) -> Result<Self, InvalidAllow> {
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        let invalid = || InvalidAllow(text.to_owned());
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let port = port.parse().map_err(|_| invalid())?;
        if host.is_empty() {
            Err(invalid())
        } else {
            Ok(Self::Endpoint {
                host: host.to_lowercase(),
                port,
            })
        }
    }
}

/// Whether the operator allows this host and port by name.
pub(super) fn names(allow: &[Allow], host: &str, port: u16) -> bool {
    allow.iter().any(|one| match one {
        Allow::Endpoint {
            host: allowed,
            port: at,
        } => allowed == host && *at == port,
        Allow::Network(_) => false,
    })
}

/// The special-purpose range that forbids to call this address, by its name in IANA's registries.
pub(super) fn forbidden(allow: &[Allow], address: IpAddr) -> Option<&'static str> {
    if covers(allow, address) {
        None
    } else {
        special_purpose(address)
    }
}

/// Whether the operator allows this address by a network.
pub(super) fn covers(allow: &[Allow], address: IpAddr) -> bool {
    allow.iter().any(|one| match one {
        Allow::Network(network) => network.contains(&address),
        Allow::Endpoint { .. } => false,
    })
}

fn special_purpose(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => SPECIAL_V4
            .iter()
            .find(|(net, _)| net.contains(&v4))
            .map(|(_, name)| *name),
        IpAddr::V6(v6) => {
            let special = SPECIAL_V6
                .iter()
                .find(|(net, _)| net.contains(&v6))
                .map(|(_, name)| *name);
            special.or((!GLOBAL_UNICAST.contains(&v6)).then_some("not global unicast"))
        }
    }
}

/// All that is global today (RFC 4291); the rest of IPv6 is reserved.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// IANA IPv4 Special-Purpose Address Registry, without the ranges that are globally reachable; and multicast.
const SPECIAL_V4: [(Ipv4Net, &str); 16] = [
    (v4([0, 0, 0, 0], 8), "this network"),
    (v4([10, 0, 0, 0], 8), "private use"),
    (v4([100, 64, 0, 0], 10), "shared address space"),
    (v4([127, 0, 0, 0], 8), "loopback"),
    (v4([169, 254, 0, 0], 16), "link local"),
    (v4([172, 16, 0, 0], 12), "private use"),
    (v4([192, 0, 0, 0], 24), "protocol assignments"),
    (v4([192, 0, 2, 0], 24), "documentation"),
    (v4([192, 88, 99, 0], 24), "6to4 relay"),
    (v4([192, 168, 0, 0], 16), "private use"),
    (v4([198, 18, 0, 0], 15), "benchmarking"),
    (v4([198, 51, 100, 0], 24), "documentation"),
    (v4([203, 0, 113, 0], 24), "documentation"),
    (v4([224, 0, 0, 0], 4), "multicast"),
    (v4([255, 255, 255, 255], 32), "broadcast"),
    (v4([240, 0, 0, 0], 4), "reserved"),
];

/// IANA IPv6 Special-Purpose Address Registry. Ranges that carry an IPv4 address are refused whole: what is behind a
/// translator or a tunnel is not known here.
const SPECIAL_V6: [(Ipv6Net, &str); 15] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), "IPv4-mapped"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "IPv4-compatible"),
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), "IPv4 translation"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "IPv4 translation"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "discard only"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "protocol assignments"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation"),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "6to4"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "unique local"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link local"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site local"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
];

const fn v4(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = octets;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(groups: [u16; 8], prefix: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = groups;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_special_purpose_range_is_forbidden_by_its_name() {
        let cases = [
            ("0.0.0.0", "this network"),
            ("10.255.255.255", "private use"),
            ("100.64.0.1", "shared address space"),
            ("127.0.0.1", "loopback"),
            ("169.254.169.254", "link local"),
            ("172.31.255.255", "private use"),
            ("192.0.0.8", "protocol assignments"),
            ("192.168.0.1", "private use"),
            ("198.19.255.255", "benchmarking"),
            ("224.0.0.1", "multicast"),
            ("255.255.255.255", "broadcast"),
            ("::", "unspecified"),
            ("::1", "loopback"),
            ("::ffff:8.8.8.8", "IPv4-mapped"),
            ("::127.0.0.1", "IPv4-compatible"),
            ("64:ff9b::7f00:1", "IPv4 translation"),
            ("64:ff9b:1::7f00:1", "IPv4 translation"),
            ("2002:7f00:1::", "6to4"),
            ("2001::1", "protocol assignments"),
            ("2001:db8::1", "documentation"),
            ("fd00::1", "unique local"),
            ("fe80::1", "link local"),
            ("fec0::1", "site local"),
            ("ff02::1", "multicast"),
            ("4000::1", "not global unicast"),
        ];
        for (address, range) in cases {
            assert_eq!(forbidden(&[], address.parse().unwrap()), Some(range), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_called() {
        for address in [
            "8.8.8.8",
            "100.63.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "2a00:1450::8a",
        ] {
            assert_eq!(forbidden(&[], address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn an_allowed_range_lets_exactly_its_addresses_through() {
        let allow = ["10.1.0.0/16".parse().unwrap()];

        assert_eq!(forbidden(&allow, "10.1.2.3".parse().unwrap()), None);
        assert_eq!(forbidden(&allow, "10.2.0.1".parse().unwrap()), Some("private use"));
        assert_eq!(
            forbidden(&allow, "::ffff:10.1.2.3".parse().unwrap()),
            Some("IPv4-mapped")
        );
    }

    #[test]
    fn an_allowed_endpoint_is_one_host_at_one_port() {
        let allow = ["Mail.internal:8080".parse().unwrap()];

        assert!(names(&allow, "mail.internal", 8080));
        assert!(!names(&allow, "mail.internal", 8081));
        assert!(!names(&allow, "x.mail.internal", 8080));
    }

    #[test]
    fn an_exception_that_is_neither_range_nor_endpoint_is_refused() {
        for text in ["10.1.0.0", "internal", ":80", "host:port", "10.0.0.0/33"] {
            assert_eq!(text.parse::<Allow>(), Err(InvalidAllow(text.to_owned())));
        }
    }
}
