//! A certificate chain as it was sent: PEM in, a leaf that may sign for Alexa out. Refuses to know where it came from.

use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Refusal;

/// The name that the leaf must carry.
pub const SIGNER: &str = "echo-api.amazon.com";
/// Amazon sends four; more than this is not a chain but an attempt to keep us busy.
const MOST_CERTIFICATES: usize = 10;

/// A leaf whose path to a trusted root has been built.
#[derive(Debug)]
pub struct Leaf {
    der: CertificateDer<'static>,
    /// Taken out of the certificate once, for it signs every request.
    key: UnparsedPublicKey<Vec<u8>>,
    not_before: i64,
    not_after: i64,
}

impl Leaf {
    /// Reads the chain and builds a path from its first certificate to one of `anchors` at `now`.
    ///
    /// Every other certificate is only a possible step: Amazon's own chain goes on past the trusted root (it is
    /// cross-signed by an older one), so that the anchor stands in the middle of what is sent.
    pub fn from_pem(pem: &[u8], anchors: &[TrustAnchor<'_>], now: Timestamp) -> Result<Self, Refusal> {
        let mut sent = CertificateDer::pem_slice_iter(pem)
            .take(MOST_CERTIFICATES + 1)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| Refusal::Chain("is not PEM"))?;
        if sent.is_empty() || sent.len() > MOST_CERTIFICATES {
            return Err(Refusal::Chain("has no certificates or too many"));
        }
        let der = sent.remove(0);
        let (key, not_before, not_after, signs) =
            read(&der).ok_or(Refusal::Chain("begins with a broken certificate"))?;
        let leaf = Self { der, key, not_before, not_after };
        leaf.stands_at(now)?;
        if !signs {
            return Err(Refusal::Chain("ends in a certificate that may not sign"));
        }
        leaf.reaches(anchors, &sent, now)?;
        Ok(leaf)
    }

    fn reaches(
        &self,
        anchors: &[TrustAnchor<'_>],
        steps: &[CertificateDer<'_>],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let cert = self.parsed()?;
        if !cert.valid_dns_names().any(|name| name.eq_ignore_ascii_case(SIGNER)) {
            return Err(Refusal::Name);
        }
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        cert.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, anchors, steps, at, KeyUsage::server_auth(), None, None)
            .map(|_| ())
            .map_err(|error| {
                tracing::debug!(%error, "no path from the sent certificate to a trusted root");
                Refusal::Untrusted
            })
    }

    /// Whether the certificate is in its time.
    pub fn stands_at(&self, now: Timestamp) -> Result<(), Refusal> {
        let now = now.as_second();
        if (self.not_before..=self.not_after).contains(&now) { Ok(()) } else { Err(Refusal::OutOfTime) }
    }

    /// Seconds since 1970 after which the certificate no longer stands.
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    /// Checks RSASSA-PKCS1-v1_5 with SHA-256 over exactly these bytes.
    pub fn verify(&self, body: &[u8], signature: &[u8]) -> Result<(), Refusal> {
        self.key.verify(body, signature).map_err(|_| Refusal::Signature)
    }

    fn parsed(&self) -> Result<EndEntityCert<'_>, Refusal> {
        EndEntityCert::try_from(&self.der).map_err(|_| Refusal::Chain("begins with a broken certificate"))
    }
}

/// (key, not before, not after, may sign): what webpki does not show. A certificate that does not say what its key is for
/// may be used for anything; a key that is not RSA is no key of Alexa's.
fn read(der: &[u8]) -> Option<(UnparsedPublicKey<Vec<u8>>, i64, i64, bool)> {
    let (_, cert) = X509Certificate::from_der(der).ok()?;
    if cert.public_key().algorithm.algorithm != OID_PKCS1_RSAENCRYPTION {
        return None;
    }
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, cert.public_key().subject_public_key.data.to_vec());
    let signs = cert.key_usage().ok()?.is_none_or(|usage| usage.value.digital_signature());
    let validity = cert.validity();
    Some((key, validity.not_before.timestamp(), validity.not_after.timestamp(), signs))
}
