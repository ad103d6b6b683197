"""A device with passkeys, as software: what a phone or a security key answers (Web Authentication, Level 3)."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass(frozen=True)
class Device:
    """One key pair. ``flags``: whether somebody touched it and gave its lock; ``origin``: where its browser is."""

    origin: str = "http://localhost"
    house: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def made(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.create()."""
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(public)
        data = self._data(ATTESTED) + attested
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(
            clientDataJSON=packed(client),
            attestationObject=packed(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
        )

    def given(self, options: dict[str, Any], user: bytes) -> str:
        """The answer to navigator.credentials.get()."""
        data, client = self._data(0), self._client("webauthn.get", options["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=packed(client),
            authenticatorData=packed(data),
            signature=packed(signed),
            userHandle=packed(user),
        )

    def but(self, **other: Any) -> "Device":
        """The same key, somewhere else or used otherwise."""
        return replace(self, **other)

    def _data(self, more: int) -> bytes:
        return hashlib.sha256(self.house.encode()).digest() + bytes([self.flags | more]) + self.count.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **response: str) -> str:
        named = packed(self.credential_id)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": response})


def packed(value: bytes) -> str:
    """Bytes as they stand in JSON."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
