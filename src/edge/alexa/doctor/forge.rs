//! Certificates such as Amazon's, made on the spot: a name and a time in, a chain and a key that signs out. Trusted by
//! nobody who was not told to with `alexa.extra_root`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, civil};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256,
};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;

use super::{DoctorError, rsa};
use crate::edge::alexa::verify::chain::SIGNER;

/// A root and one authority below it.
pub struct Authority {
    params: CertificateParams,
    root: CertifiedIssuer<'static, KeyPair>,
    middle: CertifiedIssuer<'static, KeyPair>,
    today: civil::Date,
}

/// A leaf's key.
pub struct Signer {
    pair: RsaKeyPair,
    public: KeyPair,
}

/// What a leaf says of itself.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub name: String,
    /// First and last day of its validity, counted from today.
    pub days: (i32, i32),
    /// Whether its key may make signatures.
    pub signs: bool,
}

impl Default for Leaf {
    fn default() -> Self {
        Self { name: SIGNER.into(), days: (-2, 2), signs: true }
    }
}

impl Authority {
    /// A root of this name, valid from the day before `now` for two days.
    pub fn new(name: &str, now: Timestamp) -> Result<Self, DoctorError> {
        let today = now.to_zoned(TimeZone::UTC).date();
        let mut params = authority(name, today)?;
        params.distinguished_name.push(DnType::OrganizationName, "Voicecart doctor");
        let root = CertifiedIssuer::self_signed(params.clone(), KeyPair::generate()?)?;
        let middle =
            CertifiedIssuer::signed_by(authority(&format!("{name} middle"), today)?, KeyPair::generate()?, &root)?;
        Ok(Self { params, root, middle, today })
    }

    /// What has to be trusted.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// Leaf and middle, as PEM.
    pub fn issue(&self, signer: &Signer, leaf: &Leaf) -> Result<String, DoctorError> {
        let mut params = CertificateParams::new(vec![leaf.name.clone()])?;
        params.distinguished_name.push(DnType::CommonName, leaf.name.as_str());
        stands(&mut params, self.today, leaf.days)?;
        params.key_usages =
            vec![if leaf.signs { KeyUsagePurpose::DigitalSignature } else { KeyUsagePurpose::KeyEncipherment }];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let cert = params.signed_by(&signer.public, &self.middle)?;
        Ok(format!("{}{}", cert.pem(), self.middle.pem()))
    }

    /// This root's certificate as another authority has signed it, and that other root: what Amazon appends to its
    /// chain for clients that only know the older root.
    pub fn cross_signed_by(&self, older: &Self) -> Result<String, DoctorError> {
        let cert = self.params.signed_by(self.root.key(), &older.root)?;
        Ok(format!("{}{}", cert.pem(), older.root.pem()))
    }
}

impl Signer {
    pub fn new() -> Result<Self, DoctorError> {
        let der = rsa::generate()?;
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|e| DoctorError::Key(e.to_string()))?;
        let public = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(der), &PKCS_RSA_SHA256)?;
        Ok(Self { pair, public })
    }

    /// The `Signature-256` header for this body.
    pub fn sign(&self, body: &[u8]) -> Result<String, DoctorError> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), body, &mut signature)
            .map_err(|_| DoctorError::Key("it could not sign".into()))?;
        Ok(STANDARD.encode(signature))
    }
}

fn authority(name: &str, today: civil::Date) -> Result<CertificateParams, DoctorError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    stands(&mut params, today, (-1, 2))?;
    Ok(params)
}

/// Sets first and last day of validity, counted from today, each at midnight UTC.
fn stands(params: &mut CertificateParams, today: civil::Date, days: (i32, i32)) -> Result<(), DoctorError> {
    let midnight = |from_today: i32| {
        let date = today.checked_add(i64::from(from_today).days()).map_err(|e| DoctorError::Key(e.to_string()))?;
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        Ok::<_, DoctorError>(rcgen::date_time_ymd(i32::from(date.year()), month, day))
    };
    params.not_before = midnight(days.0)?;
    params.not_after = midnight(days.1)?;
    Ok(())
}
