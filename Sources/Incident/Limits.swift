/// What may be in an event. Senders refuse more; readers hold more to be invalid.
public enum EventLimits {
    /// UTF-8 bytes of a title.
    public static let titleBytes = 300
    /// UTF-8 bytes of a summary, note or resolution.
    public static let textBytes = 32 * 1024
    /// Labels of a page, and UTF-8 bytes of each name and value.
    public static let labels = 64
    public static let labelBytes = 1024
    /// UTF-8 bytes of a deduplication key.
    public static let keyBytes = 1024
    /// UTF-8 bytes of a file's name.
    public static let fileNameBytes = 255
    /// Steps of an escalation plan.
    public static let steps = 32
}
