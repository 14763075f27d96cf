"""The [Service] section of a unit file (systemd.syntax(7)), as far as ours needs it."""


class UnitError(Exception):
    """What the unit says and this sandbox does not know."""


class Unit:
    """`options` has all values of each option, in order."""

    def __init__(self, path):
        self.path = path
        self.options = {}
        section = ''
        with open(path, encoding='utf-8') as lines:
            for line in map(str.strip, lines):
                if line.startswith('['):
                    section = line
                elif section == '[Service]' and line and line[0] not in '#;':
                    self._add(line)

    def _add(self, line):
        option, separator, value = line.partition('=')
        if not separator or line.endswith('\\'):
            raise UnitError(f'{self.path}: not one option: {line}')
        self.options.setdefault(option.strip(), []).append(value.strip())

    def require_known(self, known):
        unknown = sorted(self.options.keys() - known)
        if unknown:
            raise UnitError(f'{self.path}: unknown here: {" ".join(unknown)}')

    def refuse(self, option):
        raise UnitError(f'{self.path}: unknown here: {option}={" ".join(self.options[option])}')

    def lines(self, option):
        """All values; an empty one would take back those before it (none of ours does)."""
        values = self.options.get(option, [])
        if '' in values:
            self.refuse(option)
        return values

    def value(self, option, default=''):
        """The last one counts."""
        return self.options.get(option, [default])[-1]

    def is_on(self, option):
        """Booleans: yes or no, and no other way to write them."""
        if self.value(option, 'no') not in ('yes', 'no'):
            self.refuse(option)
        return self.value(option) == 'yes'

    def is_set(self, option, only):
        """Whether the option is there. Any value but `only` is refused."""
        if option in self.options and self.value(option) != only:
            self.refuse(option)
        return option in self.options
