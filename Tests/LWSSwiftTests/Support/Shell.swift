import Foundation

/// Runs a line of the shell, without input and output, and tells whether it succeeded.
///
/// It waits on a thread of its own: blocked threads of the pool keep all other tests waiting. Foundation's `Process` also
/// crashes now and then in a program of hundreds of threads.
func shell(_ line: String) async -> Bool {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            let pipe = unsafe popen("{ \(line); } </dev/null >/dev/null 2>&1", "r")
            continuation.resume(returning: unsafe pipe.map { unsafe pclose($0) == 0 } ?? false)
        }
    }
}
