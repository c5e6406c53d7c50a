import Credentials
import Purser
import Testing

struct SecretTests {
    @Test func `a digest is the SHA-256 that everybody computes`() {
        #expect(
            KeyDigest(hashing: "abc").hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(KeyDigest(hex: KeyDigest(hashing: "abc").hex) == KeyDigest(hashing: "abc"))
        #expect(KeyDigest(bytes: KeyDigest(hashing: "x").bytes) == KeyDigest(hashing: "x"))
        #expect(KeyDigest(hex: "zz") == nil)
    }

    @Test func `I7 a secret prints as dots, however it is printed`() {
        let secret = Secret("sk-purser-0123456789abcdef")
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret])] {
            #expect(!text.contains("0123456789"))
        }
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("0123456789"))
    }

    @Test func `a label is enough to recognise a key and too little to use it`() {
        #expect(Secret("sk-purser-0123456789abcdef").label == "sk-purser-012...cdef")
        #expect(Secret("sk-purser-short").label == "sk-purser-...")
    }

    @Test func `secrets are minted with their kind's prefix and never twice`() {
        var generator = SystemRandomNumberGenerator()
        for kind in SecretKind.allCases {
            let one = Secret.mint(kind, using: &generator)
            let other = Secret.mint(kind, using: &generator)
            #expect(one.reveal().hasPrefix(kind.prefix))
            #expect(one.reveal().count == kind.prefix.count + 64)
            #expect(one.digest != other.digest)
        }
    }
}
