"""Keys, tokens and the TLS certificate of the stand-in."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from jwt.algorithms import RSAAlgorithm

Json = dict[str, Any]


class SigningKeys:
    """RSA keys; the newest signs, all are published until they are dropped."""

    def __init__(self) -> None:
        self._keys: list[tuple[str, rsa.RSAPrivateKey]] = []
        self.rotate()

    def rotate(self, *, keep_old: bool = False) -> None:
        """Sign with a new key from now on; the old ones vanish from the published set unless kept."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._keys = [(uuid.uuid4().hex, key), *(self._keys if keep_old else [])]

    @property
    def kid(self) -> str:
        return self._keys[0][0]

    def sign(self, claims: Json, headers: Json | None = None) -> str:
        """A token in compact form, RS256; ``headers`` are added to alg, typ and kid (or replace kid)."""
        kid, key = self._keys[0]
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid, **(headers or {})})

    def public_keys(self, **more: Any) -> Json:
        """The published set (JWKS), every key with ``more`` fields."""
        return {"keys": [_jwk(kid, key, more) for kid, key in self._keys]}

    def read(self, token: str, audience: str) -> Json | None:
        """The claims of a token that one of these keys signed for this audience and that has not expired."""
        for _, key in self._keys:
            try:
                claims: Json = jwt.decode(
                    token, key.public_key(), algorithms=["RS256"], audience=audience
                )
            except jwt.PyJWTError:
                continue
            return claims
        return None


def _jwk(kid: str, key: rsa.RSAPrivateKey, more: Json) -> Json:
    jwk: Json = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": kid,
        "x5t": kid,
        "n": jwk["n"],
        "e": jwk["e"],
        **more,
    }


class Authority:
    """A certificate authority made for one run, and a server certificate for 127.0.0.1 and localhost.

    ``ca_file`` is the PEM file that clients must trust.
    """

    def __init__(self, ca_file: Path | None = None) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="teams-stand-in-")
        self.ca_file = ca_file or Path(self._directory.name) / "ca.pem"
        ca_key, ca = _authority()
        self.ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
        key = ec.generate_private_key(ec.SECP256R1())
        self.server_context = self._context(key, _server(key, ca_key))

    def close(self) -> None:
        self._directory.cleanup()

    def _context(
        self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> ssl.SSLContext:
        chain = Path(self._directory.name) / "server.pem"
        chain.touch(mode=0o600)
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        chain.write_bytes(secret + certificate.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: str, issuer: str) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
    )


_CA_NAME = "Stand-in for Microsoft Teams, not real"


def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = (
        _builder(_CA_NAME, _CA_NAME)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return key, builder.sign(key, hashes.SHA256())


def _server(
    key: ec.EllipticCurvePrivateKey, ca_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    builder = (
        _builder("localhost", _CA_NAME)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
    )
    return builder.sign(ca_key, hashes.SHA256())
