import Yams

/// The entries of a YAML text: the names of options, with hyphens where there were mappings in mappings, and their texts.
///
/// Of YAML it takes what a configuration needs: one document with mappings, lists and scalars. Anchors, aliases and tags
/// are refused: with them a short text could stand for more than fits into the memory.
struct ConfigurationTree {
    /// One option, as it is written.
    struct Entry: Equatable {
        let name: String
        let value: Value
        /// Where its name stands.
        let position: FilePosition
    }

    /// The texts of one value or of a list, each with its place.
    enum Value: Equatable {
        case one(Item)
        case list([Item])
    }

    struct Item: Equatable {
        let text: String
        let position: FilePosition
    }

    private(set) var entries: [Entry] = []
    private(set) var problems: [Problem] = []

    struct Problem: Equatable {
        let position: FilePosition
        let message: String
    }

    private let path: String
    /// What an option, or a mapping of several, may be called.
    private let names: Set<String>
    /// What cannot stand in a file.
    private let outsiders: Set<String>
    private let prefixes: Set<String>
    private var repeatedNames = RepeatedNames()

    /// Reads a text. What is wrong with it are its ``problems``; of what is no YAML there is one.
    ///
    /// - Parameters:
    ///   - names: of all options that there are.
    ///   - outsiders: of those that cannot stand in a file.
    init(_ text: String, path: String, names: [String], outsiders: [String] = []) {
        self.path = path
        self.names = Set(names)
        self.outsiders = Set(outsiders)
        prefixes = Set(names.flatMap(Self.prefixes))
        if let position = Self.firstOfManyAliases(in: text, path) {
            problems = [Problem(position: position, message: Self.noAnchors)]
            return
        }
        readPlainly(text)
    }

    private mutating func readPlainly(_ text: String) {
        do {
            // The encoding is said, since otherwise a variable could say another.
            let parser = try Parser(yaml: text, encoding: .utf8)
            // Nodes know their anchors only as long as the parser is there.
            try withExtendedLifetime(parser) {
                guard let root = try parser.singleRoot(), !Self.isNull(root) else { return }
                guard case .mapping(let mapping) = root, isPlain(root) else {
                    let message = "Options are written as name: value, such as port: 8088, one a line."
                    if problems.isEmpty { note(root, message) }
                    return
                }
                read(mapping, in: "")
            }
        } catch let error as YamlError {
            // Of a name that is there twice Yams tells before anything else is read: that is not to hide the rest.
            if let marked = repeatedNames.mark(error, in: text, path) { return readPlainly(marked) }
            problems.append(YAMLFault.problem(error, in: text, path))
        } catch {
            problems.append(Problem(position: position(nil), message: "This cannot be read as YAML."))
        }
    }

    // MARK: Nodes

    private mutating func read(_ mapping: Node.Mapping, in prefix: String) {
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                note(key, "The name of an option is a word.")
                continue
            }
            guard isPlain(key), !take(repeated: key) else { continue }
            let name = prefix + scalar.string
            if case .mapping(let inner) = value, prefixes.contains(name) {
                if isPlain(value) { read(inner, in: name + "-") }
            } else if names.contains(name) {
                read(value, of: name, at: position(key))
            } else if prefixes.contains(name) {
                note(key, "\"\(name)\" begins the names of several options: write them under it, further to the right.")
            } else {
                note(key, unknown(name, isMapping: value.mapping != nil))
            }
        }
    }

    /// Notes a name that is there already.
    private mutating func take(repeated key: Node) -> Bool {
        guard let repetition = repeatedNames.repetitions[position(key)] else { return false }
        let name = EscapedText.escape(String(repetition.name.prefix(100)))
        note(key, "\"\(name)\" is said already, in line \(repetition.firstLine). Leave one of them.")
        return true
    }

    private mutating func read(_ value: Node, of name: String, at position: FilePosition) {
        guard isPlain(value) else { return }
        switch value {
        case .scalar:
            guard let item = item(value, of: name) else { return }
            entries.append(Entry(name: name, value: .one(item), position: position))
        case .sequence(let sequence):
            let items = sequence.compactMap { item($0, of: name) }
            guard items.count == sequence.count else { return }
            if items.isEmpty { return note(value, "The list of \"\(name)\" is empty. Take the option out.") }
            entries.append(Entry(name: name, value: .list(items), position: position))
        case .mapping, .alias: note(value, "\"\(name)\" has a value, and no options under it.")
        }
    }

    /// One text; nil, with a problem, when there is none.
    private mutating func item(_ node: Node, of name: String) -> Item? {
        guard isPlain(node) else { return nil }
        guard case .scalar(let scalar) = node else {
            note(node, "What stands in the list of \"\(name)\" is no text.")
            return nil
        }
        if Self.isNull(node) || scalar.string.isEmpty {
            note(node, "\"\(name)\" has no value. Give it one, or take it out.")
            return nil
        }
        guard scalar.string.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F ~= $0.value) }) else {
            note(node, "The value of \"\(name)\" has a control character or several lines.")
            return nil
        }
        return Item(text: scalar.string, position: position(node))
    }

    /// Notes what stands before a node that is not taken.
    private mutating func isPlain(_ node: Node) -> Bool {
        guard node.anchor == nil else {
            note(node, Self.noAnchors)
            return false
        }
        let tag =
            switch node {
            case .scalar(let scalar): scalar.tag.description
            case .sequence(let sequence): sequence.tag.description
            case .mapping(let mapping): mapping.tag.description
            case .alias(let alias): alias.tag.description
            }
        guard tag != Tag.Name.merge.rawValue else {
            note(node, Self.noAnchors)
            return false
        }
        guard tag.isEmpty || tag == Tag.Name.str.rawValue else {
            note(
                node,
                "Tags, which begin with !, are not understood. Write \"!\" in quotes if it is part of the value."
            )
            return false
        }
        return true
    }

    private static func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    // MARK: Problems

    private static let noAnchors =
        "Anchors and aliases (& and *) are not understood. Write values that begin so in quotes."

    private mutating func note(_ node: Node, _ message: String) {
        let problem = Problem(position: position(node), message: message)
        // An alias stands where its anchor does.
        if !problems.contains(problem) { problems.append(problem) }
    }

    private func position(_ node: Node?) -> FilePosition {
        FilePosition(path: path, line: node?.mark?.line ?? 1, column: node?.mark?.column ?? 1)
    }

    private func unknown(_ name: String, isMapping: Bool) -> String {
        if outsiders.contains(name) { return "\"\(name)\" cannot stand in a file: it is for flags and variables." }
        let nearest = NearestName.of(name, among: (isMapping ? prefixes : names).sorted())
        let shown = EscapedText.escape(String(name.prefix(100)))
        return "There is no option \"\(shown)\"." + (nearest.map { " Is it \"\($0)\" that you mean?" } ?? "")
    }

    // MARK: Names

    /// What stands before each hyphen of a name.
    private static func prefixes(of name: String) -> [String] {
        name.indices.filter { name[$0] == "-" }.map { String(name[..<$0]) }
    }

    /// Yams compares the keys of a mapping with one another, aliases in them followed, before anybody sees them: with many
    /// aliases that would take for ever. A few do no harm, and are refused where they stand.
    private static func firstOfManyAliases(in text: String, _ path: String) -> FilePosition? {
        var first: FilePosition?
        var count = 0
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.utf8.contains(UInt8(ascii: "*")), line.first(where: { $0 != " " }) != "#" else { continue }
            var previous: Unicode.Scalar = " "
            for (column, scalar) in line.unicodeScalars.enumerated() {
                if scalar == "*", " \t,:?-[{".unicodeScalars.contains(previous) {
                    first = first ?? FilePosition(path: path, line: index + 1, column: column + 1)
                    count += 1
                }
                previous = scalar
            }
        }
        return count > 32 ? first : nil
    }
}
