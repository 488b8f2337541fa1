import Sodium
import Testing

@Suite struct SecretStreamTests {
    private let key = SecretBytes([UInt8](repeating: 5, count: 32))

    private func stream(_ messages: [([UInt8], SecretStream.Tag)]) throws -> (header: [UInt8], sealed: [[UInt8]]) {
        var sealer = try SecretStream.Sealer(key: key)
        var sealed: [[UInt8]] = []
        for (message, tag) in messages { sealed.append(try sealer.seal(message, tag: tag, authenticating: [9])) }
        return (sealer.header, sealed)
    }

    @Test func roundTrips() throws {
        let messages: [([UInt8], SecretStream.Tag)] = [
            ([], .message), ([1, 2, 3], .push), ([UInt8](repeating: 4, count: 100_000), .rekey), ([5], .message),
            ([6], .final),
        ]
        let (header, sealed) = try stream(messages)
        #expect(header.count == SecretStream.headerLength)
        #expect(zip(sealed, messages).allSatisfy { $0.count == $1.0.count + SecretStream.overhead })
        var opener = try SecretStream.Opener(key: key, header: header)
        for (bytes, (message, tag)) in zip(sealed, messages) {
            let isFinished = opener.isFinished
            #expect(!isFinished)
            let opened = try opener.open(bytes, authenticating: [9])
            #expect(opened.message == message)
            #expect(opened.tag == tag)
        }
        let openerFinished = opener.isFinished
        #expect(openerFinished)
    }

    @Test func nothingFollowsTheEnd() throws {
        var sealer = try SecretStream.Sealer(key: key)
        let last = try sealer.seal([1], tag: .final)
        let sealerFinished = sealer.isFinished
        #expect(sealerFinished)
        #expect(code { _ = try sealer.seal([2]) } == .streamFinished)
        var opener = try SecretStream.Opener(key: key, header: sealer.header)
        #expect(try opener.open(last).tag == .final)
        #expect(code { _ = try opener.open(last) } == .streamFinished)
    }

    @Test func aMissingEndShows() throws {
        let (header, sealed) = try stream([([1], .message), ([2], .final)])
        var opener = try SecretStream.Opener(key: key, header: header)
        _ = try opener.open(sealed[0], authenticating: [9])
        let openerFinished = opener.isFinished
        #expect(!openerFinished)
    }

    @Test func droppedRepeatedAndReorderedMessagesAreRefused() throws {
        let (header, sealed) = try stream([([1], .message), ([2], .message), ([3], .final)])
        var opener = try SecretStream.Opener(key: key, header: header)
        #expect(code { _ = try opener.open(sealed[1], authenticating: [9]) } == .authenticationFailed)
        // A refused message leaves the stream where it was.
        #expect(try opener.open(sealed[0], authenticating: [9]).message == [1])
        #expect(code { _ = try opener.open(sealed[0], authenticating: [9]) } == .authenticationFailed)
        #expect(code { _ = try opener.open(sealed[2], authenticating: [9]) } == .authenticationFailed)
        #expect(try opener.open(sealed[1], authenticating: [9]).message == [2])
        #expect(try opener.open(sealed[2], authenticating: [9]).message == [3])
    }

    @Test func everyAlterationIsRefused() throws {
        let (header, sealed) = try stream([([1, 2, 3], .message)])
        func refused(_ bytes: [UInt8], header: [UInt8], aad: [UInt8] = [9]) throws -> Bool {
            var opener = try SecretStream.Opener(key: key, header: header)
            do {
                _ = try opener.open(bytes, authenticating: aad)
                return false
            } catch { return error.code == .authenticationFailed && !opener.isFinished }
        }
        for index in sealed[0].indices {
            var flipped = sealed[0]
            flipped[index] ^= 1
            #expect(try refused(flipped, header: header))
            #expect(try refused(Array(sealed[0].prefix(index)), header: header))
        }
        for index in header.indices {
            var flipped = header
            flipped[index] ^= 1
            #expect(try refused(sealed[0], header: flipped))
        }
        #expect(try refused(sealed[0], header: header, aad: []))
        #expect(try refused(sealed[0] + [0], header: header))
    }

    @Test func sizesAreChecked() {
        for count in [0, 31, 33] {
            let key = SecretBytes([UInt8](repeating: 1, count: count))
            #expect(code { _ = try SecretStream.Sealer(key: key) } == .wrongLength)
            #expect(
                code { _ = try SecretStream.Opener(key: key, header: [UInt8](repeating: 0, count: 24)) } == .wrongLength
            )
        }
        for count in [0, 23, 25] {
            let header = [UInt8](repeating: 0, count: count)
            #expect(code { _ = try SecretStream.Opener(key: key, header: header) } == .wrongLength)
        }
    }

    @Test func headersAreDrawnAfresh() throws {
        let headers = try (0..<50).map { _ in try SecretStream.Sealer(key: key).header }
        #expect(Set(headers).count == 50)
    }
}
