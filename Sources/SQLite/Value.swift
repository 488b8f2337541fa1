package import Foundation
import GRDB
package import Terms

/// What a statement's argument may be.
package protocol Bindable: Sendable {
    /// As SQLite stores it.
    var bound: BoundValue { get }
}

/// One of SQLite's storage classes with its value.
package enum BoundValue: Sendable, Hashable {
    case integer(Int64)
    case text(String)
    case blob(Data)

    var databaseValue: DatabaseValue {
        switch self {
        case .integer(let value): value.databaseValue
        case .text(let value): value.databaseValue
        case .blob(let value): value.databaseValue
        }
    }
}

extension Int: Bindable { package var bound: BoundValue { .integer(Int64(self)) } }
extension Int64: Bindable { package var bound: BoundValue { .integer(self) } }
extension Bool: Bindable { package var bound: BoundValue { .integer(self ? 1 : 0) } }
extension String: Bindable { package var bound: BoundValue { .text(self) } }
extension Data: Bindable { package var bound: BoundValue { .blob(self) } }
extension [UInt8]: Bindable { package var bound: BoundValue { .blob(Data(self)) } }
extension DeviceID: Bindable { package var bound: BoundValue { .blob(Data(bytes)) } }
extension RoomID: Bindable { package var bound: BoundValue { .blob(Data(bytes)) } }
extension EventID: Bindable { package var bound: BoundValue { .blob(Data(bytes)) } }
extension Generation: Bindable { package var bound: BoundValue { .blob(Data(bytes)) } }

extension UInt64: Bindable {
    /// What SQLite cannot hold is as good as the greatest that it can: numbers come from clocks and from others' words.
    package var bound: BoundValue { .integer(Int64(clamping: self)) }
}

extension Timestamp: Bindable {
    package var bound: BoundValue { milliseconds.bound }
}
