//! A fresh RSA key: nothing in, PKCS#8 out. Alexa signs with RSA, and ring can use such keys but not make them.
//! For a doctor's throw-away certificates only: nothing here takes care to run in constant time.

use num_bigint::BigUint;
use ring::rand::{SecureRandom, SystemRandom};

use super::DoctorError;

const PRIME_BITS: u64 = 1_024;
const EXPONENT: u32 = 65_537;
/// Rounds enough for random numbers of this size; a number chosen to deceive cannot come up here.
const WITNESSES: [u32; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/// A 2,048-bit key as PKCS#8 DER. Takes about a second.
pub fn generate() -> Result<Vec<u8>, DoctorError> {
    let random = SystemRandom::new();
    loop {
        let (a, b) = (prime(&random)?, prime(&random)?);
        let (p, q) = if a > b { (a, b) } else { (b, a) };
        if let Some(key) = encode(&p, &q) {
            return Ok(key);
        }
    }
}

fn prime(random: &SystemRandom) -> Result<BigUint, DoctorError> {
    let small = small_primes();
    loop {
        let mut bytes = [0_u8; (PRIME_BITS / 8) as usize];
        random.fill(&mut bytes).map_err(|_| DoctorError::Key("the system gives no random numbers".into()))?;
        let mut start = BigUint::from_bytes_be(&bytes);
        // Two top bits, so that the product of two primes has all its bits; odd.
        for bit in [0, PRIME_BITS - 1, PRIME_BITS - 2] {
            start.set_bit(bit, true);
        }
        let rests: Vec<u32> = small.iter().map(|p| remainder(&start, *p)).collect();
        for step in (0..2_000_u32).step_by(2) {
            if small.iter().zip(&rests).any(|(p, rest)| (rest + step) % p == 0) {
                continue;
            }
            let candidate = &start + step;
            if candidate.bits() == PRIME_BITS && is_prime(&candidate) && remainder(&candidate, EXPONENT) != 1 {
                return Ok(candidate);
            }
        }
    }
}

fn small_primes() -> Vec<u32> {
    (3..2_000_u32).step_by(2).filter(|n| (3..*n).step_by(2).take_while(|d| d * d <= *n).all(|d| n % d != 0)).collect()
}

fn remainder(n: &BigUint, by: u32) -> u32 {
    (n % by).iter_u32_digits().next().unwrap_or_default()
}

/// Miller and Rabin's test.
fn is_prime(n: &BigUint) -> bool {
    let one = BigUint::from(1_u32);
    let less = n - &one;
    let twos = less.trailing_zeros().unwrap_or_default();
    let odd = &less >> twos;
    WITNESSES.iter().all(|witness| {
        let mut x = BigUint::from(*witness).modpow(&odd, n);
        if x == one || x == less {
            return true;
        }
        (1..twos).any(|_| {
            x = &x * &x % n;
            x == less
        })
    })
}

/// RFC 8017's RSAPrivateKey inside RFC 5208's PrivateKeyInfo.
fn encode(p: &BigUint, q: &BigUint) -> Option<Vec<u8>> {
    let one = BigUint::from(1_u32);
    let e = BigUint::from(EXPONENT);
    let (p1, q1) = (p - &one, q - &one);
    let d = e.modinv(&(&p1 * &q1))?;
    let numbers = [BigUint::ZERO, p * q, e, d.clone(), p.clone(), q.clone(), &d % &p1, &d % &q1, q.modinv(p)?];
    let key = der(0x30, &numbers.iter().flat_map(integer).collect::<Vec<_>>());
    // The algorithm: rsaEncryption, with a null for its parameters.
    let algorithm = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    Some(der(0x30, &[&integer(&BigUint::ZERO)[..], &algorithm, &der(0x04, &key)].concat()))
}

fn integer(n: &BigUint) -> Vec<u8> {
    let mut bytes = n.to_bytes_be();
    if bytes.first().is_some_and(|b| b & 0x80 != 0) {
        bytes.insert(0, 0);
    }
    der(0x02, &bytes)
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
        out.push(0x80 | bytes.len() as u8);
        out.extend(bytes);
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_that_ring_accepts() {
        let key = ring::signature::RsaKeyPair::from_pkcs8(&generate().unwrap()).unwrap();
        assert_eq!(key.public().modulus_len(), 256);
    }

    #[test]
    fn primes_are_told_from_products() {
        let number = |n: &str| n.parse::<BigUint>().unwrap();
        for (n, prime) in [
            ("1000003", true),
            ("1000001", false),
            ("3215031751", false),
            ("170141183460469231731687303715884105727", true),
            ("170141183460469231731687303715884105725", false),
        ] {
            assert_eq!(is_prime(&number(n)), prime, "{n}");
        }
    }
}
