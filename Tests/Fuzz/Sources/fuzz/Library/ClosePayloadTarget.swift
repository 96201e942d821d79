@testable import LWSSwift

extension FuzzTarget {
    /// A close frame that is understood is sent on as it came; a reason of our own is cut to what fits.
    static let closePayload = FuzzTarget("close-payload") { bytes throws(Violation) in
        let parsed = unsafe bytes.withUnsafeBytes { unsafe ClosePayload.parse($0) }
        switch parsed {
        case .failure(let failure):
            try require([.protocolError, .invalidPayload].contains(failure.code), "answered with \(failure.code)")
            try require(!bytes.isEmpty, "an empty one is valid")
        case .success(let payload):
            try require(payload.code?.isSendable ?? bytes.isEmpty, "its code may not be sent")
            if bytes.count <= 125 { try require(payload.bytes == bytes, "it has become \(payload.bytes)") }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let cut = ClosePayload(code: .normalClosure, reason: text)
        try require(cut.bytes.count <= 125, "\(cut.bytes.count) bytes do not fit a control frame")
        try require(
            Array(text.utf8).starts(with: cut.bytes.dropFirst(2)),
            "the reason is not a beginning of what was given"
        )
        try require(
            String(validating: cut.bytes.dropFirst(2), as: UTF8.self) != nil,
            "the reason was cut within a character"
        )
    }
}
