"""Who is in a channel, as one member knows it from the objects it gets."""


class Roster:
    """Names by id, kept like a client keeps them, and mistrusted like no client does."""

    def __init__(self, diary, members):
        self._diary = diary
        # A member that lost some presence has nothing to go by until it gets `members`.
        self.is_trusted = True
        self.names = {}
        self.replace(members)

    def replace(self, content):
        """`welcome` and `members` list everybody."""
        ids = [member["id"] for member in content["members"]]
        if ids != sorted(set(ids)) or content["count"] != len(ids):
            self._diary.fail(f"not a list in order of ids, with its length: {content}")
        self.names = {member["id"]: member["name"] for member in content["members"]}
        self._check_names()

    def apply(self, content):
        """`joined`, `left` and `renamed`."""
        member, name = content["member"]["id"], content["member"]["name"]
        before = self.names.get(member)
        kind = content["type"]
        if kind == "joined":
            self.names[member] = name
        elif kind == "left":
            self.names.pop(member, None)
        else:
            self.names[member] = name
        if not self.is_trusted:
            return
        if kind == "joined" and before is not None:
            self._diary.fail(f"joined twice: {content}")
        if kind == "left" and before != name:
            self._diary.fail(f"somebody left who was {before}: {content}")
        if kind == "renamed" and before != content["was"]:
            self._diary.fail(f"renamed who was {before}: {content}")
        if kind != "renamed" and content["count"] != len(self.names):
            self._diary.fail(f"there are {len(self.names)}: {content}; {self.names}")
        self._check_names()

    def _check_names(self):
        if len({name.casefold() for name in self.names.values()}) != len(self.names):
            self._diary.fail(f"two members of one name: {self.names}")
