//! Whom we trust when a connection is encrypted: what the system trusts, or a file of roots.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Trusts what the system trusts, or what `SSL_CERT_FILE` names.
pub(super) fn system_roots() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    // Without roots no server is trusted, and each connection says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    verified(roots)
}

/// Trusts the certificates of a file.
///
/// # Errors
/// If it cannot be read, or holds no certificate.
pub(super) fn roots_of(file: &Path) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let pem = std::fs::read(file)?;
    let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
    match roots.add_parsable_certificates(certificates) {
        (1.., _) => Ok(verified(roots)),
        _ => Err(io::Error::other("it holds no certificate")),
    }
}

/// Encrypts, and trusts whoever answers.
pub(super) fn unverified() -> ClientConfig {
    let provider = provider();
    let verifier = Anybody { provider: provider.clone() };
    builder(provider)
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth()
}

fn verified(roots: RootCertStore) -> ClientConfig {
    builder(provider()).with_root_certificates(roots).with_no_client_auth()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    let builder = ClientConfig::builder_with_provider(provider);
    builder.with_safe_default_protocol_versions().expect("ring speaks TLS 1.2 and 1.3")
}

/// Takes any certificate, as libpq does unless it is told to verify.
#[derive(Debug)]
struct Anybody {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
