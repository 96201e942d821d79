internal import CLibFuzzer
internal import Glibc

// FUZZ_TARGET names what to try. Arguments are those of libFuzzer, which calls this program again with them when it
// makes a case smaller; hence the variable. Without one the names are listed.
private let targets = FuzzTarget.library + FuzzTarget.program

private let chosen: FuzzTarget = {
    guard let name = unsafe getenv("FUZZ_TARGET") else {
        for target in targets { print(target.name) }
        exit(0)
    }
    let wanted = unsafe String(cString: name)
    guard let target = targets.first(where: { $0.name == wanted }) else {
        print("error: there is no target \"\(wanted)\"")
        exit(64)
    }
    return target
}()

private func check(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    do throws(Violation) {
        try chosen.check(input)
    } catch {
        print("\(chosen.name): \(error)")
        fflush(nil)
        // libFuzzer keeps the input.
        abort()
    }
    return 0
}

_ = chosen
var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
exit(unsafe LLVMFuzzerRunDriver(&count, &arguments, check))
