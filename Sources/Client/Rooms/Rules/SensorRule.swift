import CallList

/// A sensor commits once, when it makes its room, and never after [R5].
enum SensorRule {
    static func check(_ author: Device, on occasion: RoomJudge.Occasion) throws(Rejection) {
        guard author.kind != .sensor || occasion.isFounding else { throw Rejection("a sensor never commits [R5]") }
    }
}
