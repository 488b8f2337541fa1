"""The other side of CrossCheckTests: the same algorithms from OpenSSL (cryptography), hashlib and PyNaCl.

    crosscheck.py make SEED    writes cases to standard output, for Swift to verify and open
    crosscheck.py check        reads cases that Swift made from standard input, and verifies and opens them

Cases are JSON: {algorithm: [{field: hexadecimal or decimal text, lists joined by commas}]}.
HPKE is built here from RFC 9180 on X25519, HMAC and ChaCha20-Poly1305.
"""

import hashlib
import hmac
import json
import random
import signal
import sys

import nacl.bindings as nacl
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LENGTHS = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 5000]


def raw(key):
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def raw_private(key):
    return key.private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )


class HPKE:
    """RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305."""

    KEM = b"KEM" + bytes([0x00, 0x20])
    SUITE = b"HPKE" + bytes([0x00, 0x20, 0x00, 0x01, 0x00, 0x03])

    @staticmethod
    def extract(suite, salt, label, ikm):
        return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, "sha256")

    @staticmethod
    def expand(suite, prk, label, info, length):
        labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
        out = block = b""
        counter = 1
        while len(out) < length:
            block = hmac.digest(prk, block + labeled + bytes([counter]), "sha256")
            out += block
            counter += 1
        return out[:length]

    def __init__(self, exchange, enc, recipient, info):
        prk = self.extract(self.KEM, b"", b"eae_prk", exchange)
        shared = self.expand(self.KEM, prk, b"shared_secret", enc + recipient, 32)
        context = (
            b"\x00"
            + self.extract(self.SUITE, b"", b"psk_id_hash", b"")
            + self.extract(self.SUITE, b"", b"info_hash", info)
        )
        secret = self.extract(self.SUITE, shared, b"secret", b"")
        self.key = ChaCha20Poly1305(self.expand(self.SUITE, secret, b"key", context, 32))
        self.base = self.expand(self.SUITE, secret, b"base_nonce", context, 12)
        self.exporter = self.expand(self.SUITE, secret, b"exp", context, 32)
        self.sequence = 0

    @classmethod
    def sender(cls, recipient, info, ephemeral):
        enc = raw(ephemeral.public_key())
        return enc, cls(ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient)), enc, recipient, info)

    @classmethod
    def recipient(cls, enc, key, info):
        return cls(key.exchange(X25519PublicKey.from_public_bytes(enc)), enc, raw(key.public_key()), info)

    def nonce(self):
        number = int.from_bytes(self.base, "big") ^ self.sequence
        self.sequence += 1
        return number.to_bytes(12, "big")

    def seal(self, plaintext, aad):
        return self.key.encrypt(self.nonce(), plaintext, aad)

    def open(self, ciphertext, aad):
        return self.key.decrypt(self.nonce(), ciphertext, aad)

    def export(self, context, length):
        return self.expand(self.SUITE, self.exporter, b"sec", context, length)


class Case:
    """One case's fields, as bytes, numbers and lists."""

    def __init__(self, fields):
        self.fields = fields

    def __getitem__(self, name):
        return bytes.fromhex(self.fields[name])

    def number(self, name):
        return int(self.fields[name])

    def list(self, name):
        return [bytes.fromhex(item) for item in self.fields[name].split(",")]

    def numbers(self, name):
        return [int(item) for item in self.fields[name].split(",")]


def case(**fields):
    def text(value):
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, list):
            return ",".join(text(item) for item in value)
        return str(value)

    return {name: text(value) for name, value in fields.items()}


def computed(algorithm, c):
    """What the algorithm gives for a case's inputs, for those with just one right answer."""
    if algorithm == "sha256":
        return hashlib.sha256(c["message"]).digest()
    if algorithm == "hmac":
        return hmac.digest(c["key"], c["message"], "sha256")
    if algorithm == "blake2b":
        return hashlib.blake2b(c["message"], key=c["key"], digest_size=c.number("length")).digest()
    if algorithm == "hkdf":
        return HKDF(hashes.SHA256(), c.number("length"), c["salt"], c["info"]).derive(c["secret"])
    if algorithm == "x25519":
        private = X25519PrivateKey.from_private_bytes(c["private"])
        return private.exchange(X25519PublicKey.from_public_bytes(c["peer"]))
    if algorithm == "ed25519":
        return Ed25519PrivateKey.from_private_bytes(c["seed"]).sign(c["message"])
    if algorithm == "argon2id":
        passes, memory, length = c.number("passes"), c.number("memory"), c.number("length")
        key = Argon2id(salt=c["salt"], length=length, iterations=passes, lanes=1, memory_cost=memory)
        result = key.derive(c["passphrase"])
        assert result == nacl.crypto_pwhash_alg(
            length, c["passphrase"], c["salt"], passes, memory * 1024, nacl.crypto_pwhash_ALG_ARGON2ID13
        )
        return result
    if algorithm == "chacha20poly1305":
        return ChaCha20Poly1305(c["key"]).encrypt(c["nonce"], c["plaintext"], c["aad"])
    if algorithm == "xchacha20poly1305":
        sealed = nacl.crypto_aead_xchacha20poly1305_ietf_encrypt(c["plaintext"], c["aad"], c["nonce"], c["key"])
        return c["nonce"] + sealed
    raise ValueError(algorithm)


def make(seed):
    source = random.Random(seed)
    take = source.randbytes
    cases = {
        "sha256": [case(message=take(n)) for n in LENGTHS],
        "hmac": [case(key=take(k), message=take(n)) for n in LENGTHS for k in (0, 32, 64, 65, 200)],
        "blake2b": [
            case(key=take(k), message=take(n), length=size) for n in LENGTHS for k, size in ((0, 32), (16, 64), (64, 16))
        ],
        "hkdf": [
            case(salt=take(s), secret=take(32), info=take(i), length=n)
            for n in (1, 32, 33, 500, 8160)
            for s, i in ((0, 0), (13, 10), (80, 200))
        ],
        "x25519": [
            case(private=take(32), peer=raw(X25519PrivateKey.from_private_bytes(take(32)).public_key()))
            for _ in range(20)
        ],
        "ed25519": [case(seed=take(32), message=take(n)) for n in LENGTHS],
        "argon2id": [
            case(passphrase=take(n), salt=take(16), passes=p, memory=m, length=size)
            for n, p, m, size in ((0, 1, 8192, 16), (8, 2, 9000, 32), (100, 1, 16384, 64))
        ],
        "chacha20poly1305": [
            case(key=take(32), nonce=take(12), aad=take(a), plaintext=take(n)) for n in LENGTHS for a in (0, 1, 40)
        ],
        "xchacha20poly1305": [
            case(key=take(32), nonce=take(24), aad=take(a), plaintext=take(n)) for n in LENGTHS for a in (0, 1, 40)
        ],
    }
    for algorithm, made in cases.items():
        for fields in made:
            fields["result"] = computed(algorithm, Case(fields)).hex()
    for fields in cases["ed25519"]:
        fields["public"] = raw(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(fields["seed"])).public_key()).hex()
    cases["secretstream"] = [made_stream(take, count) for count in (1, 2, 10)]
    cases["hpke"] = [made_hpke(take, count) for count in (1, 2, 300)]
    return cases


def made_stream(take, count):
    key = take(32)
    state = nacl.crypto_secretstream_xchacha20poly1305_state()
    header = nacl.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    plaintexts = [take(LENGTHS[n]) for n in range(count)]
    aads = [take(n) for n in range(count)]
    tags = [n % 3 for n in range(count - 1)] + [nacl.crypto_secretstream_xchacha20poly1305_TAG_FINAL]
    sealed = [
        nacl.crypto_secretstream_xchacha20poly1305_push(state, plaintext, aad, tag)
        for plaintext, aad, tag in zip(plaintexts, aads, tags)
    ]
    return case(key=key, header=header, plaintexts=plaintexts, aads=aads, tags=tags, sealed=sealed)


def made_hpke(take, count):
    key = X25519PrivateKey.from_private_bytes(take(32))
    info = take(20)
    enc, context = HPKE.sender(raw(key.public_key()), info, X25519PrivateKey.from_private_bytes(take(32)))
    plaintexts = [take(LENGTHS[n % len(LENGTHS)]) for n in range(count)]
    aads = [take(n % 50) for n in range(count)]
    sealed = [context.seal(plaintext, aad) for plaintext, aad in zip(plaintexts, aads)]
    contexts, lengths = [b"", take(7)], [32, 100]
    exports = [context.export(c, n) for c, n in zip(contexts, lengths)]
    return case(
        private=raw_private(key), info=info, enc=enc, plaintexts=plaintexts, aads=aads, sealed=sealed,
        contexts=contexts, exports=exports,
    )


def check(algorithm, c):
    if algorithm == "ed25519":
        Ed25519PublicKey.from_public_bytes(c["public"]).verify(c["result"], c["message"])
    if algorithm == "chacha20poly1305":
        assert ChaCha20Poly1305(c["key"]).decrypt(c["nonce"], c["result"], c["aad"]) == c["plaintext"]
    if algorithm == "xchacha20poly1305":
        nonce, sealed = c["result"][:24], c["result"][24:]
        assert nacl.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, c["aad"], nonce, c["key"]) == c["plaintext"]
    elif algorithm == "secretstream":
        state = nacl.crypto_secretstream_xchacha20poly1305_state()
        nacl.crypto_secretstream_xchacha20poly1305_init_pull(state, c["header"], c["key"])
        for plaintext, aad, tag, sealed in zip(c.list("plaintexts"), c.list("aads"), c.numbers("tags"), c.list("sealed")):
            assert nacl.crypto_secretstream_xchacha20poly1305_pull(state, sealed, aad) == (plaintext, tag)
    elif algorithm == "hpke":
        key = X25519PrivateKey.from_private_bytes(c["private"])
        context = HPKE.recipient(c["enc"], key, c["info"])
        for plaintext, aad, sealed in zip(c.list("plaintexts"), c.list("aads"), c.list("sealed")):
            assert context.open(sealed, aad) == plaintext
        for exporter_context, exported in zip(c.list("contexts"), c.list("exports")):
            assert context.export(exporter_context, len(exported)) == exported
    else:
        assert computed(algorithm, c) == c["result"], algorithm


def main():
    signal.alarm(60)  # A test must end, whatever happens.
    if sys.argv[1] == "make":
        json.dump(make(int(sys.argv[2])), sys.stdout)
        return
    counts = {}
    for algorithm, cases in json.load(sys.stdin).items():
        for fields in cases:
            check(algorithm, Case(fields))
        counts[algorithm] = len(cases)
    json.dump(counts, sys.stdout)


main()
