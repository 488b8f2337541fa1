import TestTeam

/// The reference model of a room's commits, in Python: what its readers hold of whole logs [R4].
enum ReaderModel {
    private static let driver = """
        import json, sys
        sys.path.insert(0, sys.argv[1])
        import commits as m
        for line in sys.stdin:
            run = json.loads(line)
            members = tuple(run["members"])
            room = m.Room(members, members[:1], ((1, tuple((d, None) for d in members)),), m.AMENDED)
            log, time, texts = (), 0, []
            for j in run["events"]:
                why = None
                if "pass" in j:
                    time += j["pass"]
                else:
                    j = {k: tuple(v) if isinstance(v, list) else v for k, v in j.items()}
                    e = m.Entry(**j)
                    why = m.refusal(room, log, e, m.next_seq(log) - 1, time)
                    if why is None:
                        log += (e._replace(seq=m.next_seq(log), time=time),)
                readers = [m.show_reader(room, log, d) for d in members]
                texts.append(" ".join(["taken" if why is None else "refused"] + [
                    f"{d}:{r['place']}:{r['epoch_of']}:{r['settled']}" for d, r in zip(members, readers)]))
            m.relay.cache_clear()
            m.reader.cache_clear()
            print(json.dumps(texts))
        """

    /// - Returns: for each run, where each reader is after each event: place, last commit, last commit that stands.
    static func replay(_ runs: [[String: Any]], in folder: String) async throws -> [[String]] {
        try await ReferenceModel.replay(runs, by: driver, in: folder)
    }
}
