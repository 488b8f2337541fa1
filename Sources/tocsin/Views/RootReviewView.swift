import CallList

/// A root, as an officer looks at it before signing: who must sign from then on, and what that changes. It is talk, and never data.
struct RootReviewView {
    private let review: RootReview

    init(_ review: RootReview) { self.review = review }

    var lines: [String] {
        var lines = ["ROOT \(review.root.version)\(place), digest \(Spoken.grouped(review.root.digest))"]
        if let before = review.before { lines.append("replaces the root \(Spoken.grouped(before.digest))") }
        lines.append(threshold)
        lines.append(heading)
        lines += review.officers.map(line)
        lines.append("Read the digest aloud, and hear it from the others, before you sign.")
        return lines
    }

    private var place: String { review.before.map { ", after \($0.version)" } ?? ", the first" }

    private var threshold: String {
        let (now, before) = (Self.words(review.root.threshold, review.root.officers.count), review.before)
        let last = before.map { Self.words($0.threshold, $0.officers.count) }
        let change = last.map { $0 == now ? ", as before" : "; before, \($0)" } ?? ""
        return "\(now) officers must sign a call list\(change)"
    }

    private static func words(_ threshold: Int, _ officers: Int) -> String { "\(threshold) of \(officers)" }

    private var heading: String {
        let words: [(standing: RootReview.Standing, word: String)] = [
            (.comes, "added"), (.goes, "removed"), (.stays, "unchanged"),
        ]
        let counts = words.compactMap { kind in
            let count = review.officers.count { $0.standing == kind.standing }
            return count == 0 ? nil : "\(count) \(kind.word)"
        }
        return "OFFICERS " + counts.joined(separator: ", ")
    }

    private func line(_ officer: RootReview.OfficerStanding) -> String {
        let isNew = officer.standing == .comes && !officer.isSigner
        let mark =
            switch officer.standing {
            case .comes: "+"
            case .stays: "="
            case .goes: "-"
            }
        let name = isNew ? Fingerprint.masked(officer.fingerprint) : officer.fingerprint
        return "\(mark) officer \(name)" + (officer.isSigner ? ", which is you" : "")
    }
}
