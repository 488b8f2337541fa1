import Foundation

// `mls-fuzz TARGET CORPUS [libFuzzer's options]`. Writes the target's seeds into the folder CORPUS first: real structures,
// crowded ones, and those of the working group's vectors where `TOCSIN_MLS_VECTORS` names their folder.

let words = CommandLine.arguments
guard words.count > 2, let target = FuzzTarget(rawValue: words[1]) else {
    print("usage: mls-fuzz TARGET CORPUS [OPTION…]")
    print("targets: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))")
    exit(words.dropFirst() == ["--targets"] ? 0 : 64)
}

Repeatable.install()
let subject = Subject.made()
let corpus = URL(fileURLWithPath: words[2])
let seeds = target.seeds(of: subject)
for (number, seed) in seeds.enumerated() {
    insist(target.run(seed, on: subject), "seed \(number) is refused: the fuzzer would start from nothing")
}
for (number, seed) in (seeds + target.dense(subject) + target.vectors()).enumerated() {
    try Data(seed).write(to: corpus.appendingPathComponent("seed-\(number)"))
}
MemoryMeter.install()
exit(
    Driver.run([words[0]] + words.dropFirst(2)) { input in
        Repeatable.restart()
        let taken = MemoryMeter.peak { _ = target.run(input, on: subject) }
        let allowed = target.memory(for: input)
        insist(taken <= allowed, "\(input.count) bytes of input took \(taken) bytes of memory")
    })
