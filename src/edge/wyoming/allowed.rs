//! A list of addresses and networks in, whether a caller is on it out. An empty list holds everybody.

use std::net::IpAddr;

/// Addresses such as `192.168.1.20` and networks such as `192.168.1.0/24` or `fd00::/8`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(Vec<(IpAddr, u8)>);

impl Allowed {
    /// Fails with the entry that is neither.
    pub fn parse(entries: &[String]) -> Result<Self, String> {
        let parse = |entry: &String| {
            let (address, bits) = entry.split_once('/').map_or((entry.as_str(), None), |(a, b)| (a, Some(b)));
            let address: IpAddr = address.trim().parse().map_err(|_| entry.clone())?;
            let whole = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Ok(whole), |b| b.trim().parse().map_err(|_| entry.clone()))?;
            if bits <= whole { Ok((address, bits)) } else { Err(entry.clone()) }
        };
        entries.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    pub fn contains(&self, caller: IpAddr) -> bool {
        let caller = caller.to_canonical();
        self.0.is_empty() || self.0.iter().any(|(network, bits)| same(*network, caller, *bits))
    }
}

/// Whether two addresses agree in their first `bits` bits.
fn same(a: IpAddr, b: IpAddr, bits: u8) -> bool {
    let (a, b, width) = match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(u32::from(a)), u128::from(u32::from(b)), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a), u128::from(b), 128),
        _ => return false,
    };
    bits == 0 || (a ^ b) >> (width - u32::from(bits.min(width as u8))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let allowed = |list: &[&str]| Allowed::parse(&list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        for (list, caller, wanted) in [
            (&[][..], "8.8.8.8", true),
            (&["192.168.1.20"], "192.168.1.20", true),
            (&["192.168.1.20"], "192.168.1.21", false),
            (&["10.0.0.1", "192.168.1.0/24"], "192.168.1.21", true),
            (&["192.168.1.0/24"], "192.168.2.21", false),
            (&["192.168.1.0/24"], "::ffff:192.168.1.9", true),
            (&["fd00::/8"], "fd12::1", true),
            (&["fd00::/8"], "fe80::1", false),
            (&["0.0.0.0/0"], "8.8.8.8", true),
            (&["0.0.0.0/0"], "::1", false),
        ] {
            assert_eq!(allowed(list).unwrap().contains(caller.parse().unwrap()), wanted, "{list:?} {caller}");
        }
        for wrong in ["", "home", "192.168.1.0/33", "192.168.1/24", "::/129"] {
            assert_eq!(allowed(&[wrong]), Err(wrong.to_owned()));
        }
    }
}
