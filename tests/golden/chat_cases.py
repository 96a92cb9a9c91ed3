"""The chats and snippets of make_chat_golden.py."""

SPECIAL_TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather of a place, <now> & \"later\"",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "Städte too"},
                    "unit": {"type": "string", "enum": ["c", "f"]},
                    "days": {"type": "integer"},
                },
                "required": ["city"],
            },
        },
    },
    {"type": "function", "function": {"name": "ping", "description": "", "parameters": {}}},
]

CALL = {
    "id": "call12345",
    "type": "function",
    "function": {
        "name": "get_weather",
        "arguments": {"city": 'Par"is', "days": 3, "x": 1.5, "y": None, "z": True},
    },
}

CHATS = {
    "one": [{"role": "user", "content": "Hello"}],
    "system": [
        {"role": "system", "content": "Be brief.\n"},
        {"role": "user", "content": "  A <|im_end|> or </s> in the text? "},
        {"role": "assistant", "content": "Fine."},
        {"role": "user", "content": "日本 é 😀\nnew line\n"},
    ],
    "tools": [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "name": "get_weather", "tool_call_id": "call12345", "content": '{"t": 21}'},
        {"role": "tool", "name": "ping", "tool_call_id": "call12345", "content": "pong"},
        {"role": "assistant", "content": "21 degrees."},
    ],
    "thinking": [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\nBecause."},
        {"role": "user", "content": "And?"},
        {"role": "assistant", "content": "So.", "reasoning_content": "so, so"},
    ],
    "parts": [
        {"role": "system", "content": [{"type": "text", "text": "S"}]},
        {"role": "user", "content": [{"type": "text", "text": "Q1"}, {"type": "text", "text": "Q2"}]},
    ],
    "wrong": [{"role": "assistant", "content": "first"}, {"role": "user", "content": "second"}],
    "empty": [],
}

SNIPPET_CHAT = [
    {"role": "system", "content": "Sys é\n"},
    {"role": "user", "content": " Hello World ", "n": 1},
    {"role": "assistant", "content": "ok <|end|>", "n": 2, "tags": ["a", "B", "c"]},
]

SNIPPET_VARIABLES = {
    "s": "Hello, World",
    "u": "straße ŉ ǅ ﬁ İ ΑΣ σ 日本 😀",
    "ws": " \t\n a  b \u00a0c\u2003 \r\n",
    "lines": "one\ntwo\r\n\nthree\x0bfour\u2028five\n",
    "q": "it's \"quoted\" \\ \x00 \x7f \u00ad \u200b \U0001f600 \n\t",
    "i": 42,
    "neg": -7,
    "f": 3.5,
    "big": 1e16,
    "tiny": 0.00001,
    "t": True,
    "no": None,
    "l": [3, 1, 2],
    "ls": ["b", "A", "c", "a"],
    "mixed": [1, "x", None, 2.5, True, [1, 2], {"k": "v"}],
    "d": {"b": 1, "a": {"c": [1, 2, {"d": "e"}]}, "items": "shadow", "Z": None},
    "users": [
        {"name": "Bob", "age": 30, "city": {"n": "Paris"}},
        {"name": "al", "age": 25, "city": {"n": "Rome"}, "ok": True},
        {"name": "Cy", "age": 30, "city": {"n": "paris"}, "ok": False},
    ],
    "empty": [],
    "es": "",
    "nested": [[1, [2, [3]]], [4]],
}

EXPRESSIONS = """
1 + 2 * 3 - 4 / 2
7 // 2, -7 // 2, 7 // -2, 7.5 // 2, -7.5 // 2
7 % 3, -7 % 3, 7 % -3, 7.5 % 2, -7.5 % 2, 5 % 2.5
2 ** 10, 2 ** -1, 2.0 ** 3, -2 ** 2, 2 ** 3 ** 2
1 / 3, 10 / 5, 1e3, 1.0, 1e22, 1e-5, 123456789.123456789, 0.1 + 0.2
1_000, 0x1F, 0o17, 0b101, 00, 1e5, 1.5e-3, 1_0.5
1 / 0
1 // 0
1 % 0
1.0 / 0
'a' + 1
1 + 'a'
'a' * 3, 3 * 'ab', 'x' * 0, 'x' * -1, [1] * 2, (1, 2) * 2
[1] + [2], (1,) + (2, 3)
[1] + (2,)
'a' ~ 1 ~ none ~ 1.0 ~ [1, 'b'] ~ undef
1 < 2, 2 <= 2, 3 > 4, 1 == 1.0, 1 == true, 'a' < 'b', 'a' < 'B', [1, 2] < [1, 3], (1, 2) >= (1, 2)
1 < 2 < 3, 1 < 3 < 2, 1 == 1 != 2, 3 > 2 >= 2
1 < 'a'
none < 1
{} < {}
undef < 1
not true, not 0, not '', not [], not undef, not none
true and 0, 1 and 2, '' or 'x', none or undef or 3, 0 or [], not 1 == 2
1 in [1, 2], 'a' in 'abc', 'x' not in 'abc', 'b' in d, 1 in d, 1 in (1, 2), 5 in range(10), 'z' in undef
1 in 'abc'
1 in 5
[] in d
none == undef, undef == undef2, none == none, none == false, '' == none
'yes' if true else 'no', 'yes' if false, 'a' if 0 else 'b' if 0 else 'c'
(1), (1,), (), [], {}, [1, ], {'a': 1, }, (1, 2), {1: 2, 'x': none, (1, 2): 'tuple', none: 3, true: 4}
{[1]: 2}
-5, +5, - 5, -f, +f, -t, --5
-'a'
-undef
1 if undef is defined else 2
(1, 2)[0], (1, 2)[-1], [1, 2][5], 'abc'[1], 'abc'[-1], 'abc'[9], 'é日😀'[1]
l[0], l['x'], l.x, l.0, d.b, d['b'], d.missing, d['missing'], d['items']
d.items is callable, d.items() | length
d.a.c.2.d, d['a']['c'][2]['d'], nested.0.1.1.0
d[1:2]
undef.x
undef['x']
undef.x.y
none.x, none['x'], i.x, f.y
none.x.y
s[1:3], s[:3], s[3:], s[-3:], s[::2], s[::-1], s[5:1], s[5:1:-1], s[-100:100], s[100:], s[:-1]
l[1:], l[:-1], l[::-1], l[::2], l[5:], (1, 2, 3)[::-1], range(10)[2:5] | list
s[1:2:0]
s['a':]
undef[1:]
i[1:]
messages[1:] | length, messages[::-1] | map(attribute='role') | join(',')
messages[0].role, messages[-1]['content'], messages[1].missing is defined
u[0:5], u[-1], u | length, u[::-1]
"a\\tb\\n\\x41\\u00e9\\101\\q\\'\\"", 'a' 'b' "c"
'\\é', "multi
line"
'\\x4'
s, i, f, t, no, l, d, mixed, ls, big, tiny
q
[q], {q: q}
lines
[lines, ws, u]
[undef, 1]
1.0, 100.0, 1e15, 1e16, 1e17, 123456789012345680.0, 1.5e300, 0.0001, 0.00001, -0.0, 5e-324
[1.0, -2.5, true, none, 'x', (1,), {}]
range(3), range(1, 10, 2), range(5, 0, -1), range(0), range(2, 2)
range(3) | list, range(1, 10, 3) | list, range(5, 0, -2) | list
range(100001)
range(1.5)
range()
range(1, 5, 0)
dict(a=1, b='x'), dict({'a': 1}, b=2), dict([('x', 1), ('y', 2)])
namespace(a=1, b='x')
namespace(_a=1)
namespace({'a': 1}).a
s.upper(), s.lower(), s.title(), s.capitalize(), s.swapcase()
u.upper(), u.lower(), u.title(), u.capitalize()
u.swapcase()
'HELLO ΟΔΥΣΣΕΥΣ. ΑΣ'.lower(), 'ß'.upper(), "they're o'neil".title(), 'ǆ'.title()
ws.strip(), [ws.strip(), ws.lstrip(), ws.rstrip()], 'xxaxx'.strip('x'), 'abcba'.strip('ab'), 'é a é'.strip('é'), ' a '.strip(none)
ws.split(), ws.split(' '), 'a,b,,c'.split(','), 'a,b,c'.split(',', 1), 'a b  c'.split(none, 1), ' a b c '.split(maxsplit=1), ''.split(), ''.split(',')
'a,b,c'.rsplit(',', 1), ' a b  c '.rsplit(none, 1), 'a--b--c'.rsplit('--'), 'a,b'.rsplit(',', 0), 'abc'.split('abc')
'a'.split('')
'<think>x</think>y'.split('</think>')[-1].lstrip('\\n'), 'a</think>b'.split('</think>')[0].split('<think>')[-1]
lines.splitlines(), lines.splitlines(true), ''.splitlines(), 'a\\n'.splitlines()
s.startswith('Hell'), s.startswith(('x', 'H')), s.endswith('d'), s.endswith(''), s.startswith('e', 1), s.endswith('o', 0, 5), s.startswith('', 100)
s.startswith(1)
s.startswith(['H'])
s.find('o'), s.rfind('o'), s.find('z'), s.find('o', 5), s.find('o', 0, 3), u.find('日'), s.find(''), s.index('W'), s.rindex('l')
s.index('z')
s.count('l'), s.count(''), s.count('lo'), 'aaaa'.count('aa'), s.count('o', 5)
s.replace('o', '0'), s.replace('l', '', 1), s.replace('', '-'), 'é'.replace('', '.'), s.replace('x', 'y'), s.replace('l', 'L', -1)
s.replace('o')
'-'.join(['a', 'b']), ','.join('abc'), ''.join([]), ', '.join(d)
'-'.join([1])
'{} {}'.format(1, 'a'), '{0} {1} {0}'.format('x', 2), '{a}-{b}'.format(a=1, b=none), '{{}}'.format(), '{:>5}|{:<5}|{:^5}|{:*^7}'.format(1, 'a', 'b', 'c')
'{:05d} {:+d} {:x} {:X} {:o} {:b} {:#x} {:,} {:_}'.format(42, 5, 255, 255, 8, 5, 255, 1234567, 1234567)
'{:.2f} {:8.3f} {:e} {:g} {:%} {:.1%} {:10} {:.3}'.format(3.14159, 2.5, 12345.678, 0.0001, 0.25, 0.256, 1.5, 'abcdef')
'{0.role} {1[b]} {1[a][c][0]}'.format(messages[0], d)
'{!r} {!s}'.format('a', 'b'), '{:{}}|'.format('a', 5)
'{} {1}'.format(1, 2)
'{}'.format()
'{'.format()
'{x}'.format(y=1)
'%s %d %5.2f %r %%' % ('a', 3, 2.5, 'b'), '%s' % 'x', '%s' % [1], '%(a)s' % {'a': 1}, '%5s|%-5s|%05d|%+d|%x|%X|%o|%c|%e|%g' % ('a', 'b', 42, 7, 255, 255, 8, 'z', 1.5, 0.0001)
'%s %s' % ('a',)
'%s' % ('a', 'b')
'%d' % 'x'
'%.3d|%.2s|%i' % (5, 'abc', 3.9)
'abc' % ()
'abc' % 1
'a'.center(5), 'ab'.center(5, '*'), 'a'.ljust(3) ~ '|', 'a'.rjust(3), '5'.zfill(3), '-5'.zfill(4), 'abcd'.center(7, '-')
'a-b-c'.partition('-'), 'a-b-c'.rpartition('-'), 'abc'.partition('x'), 'abc'.rpartition('x')
'abc'.removeprefix('a'), 'abc'.removesuffix('c'), 'abc'.removeprefix('x'), 'a\\tb'.expandtabs(4)
'123'.isdigit(), 'abc'.isalpha(), 'a1'.isalnum(), ' '.isspace(), 'A'.isupper(), 'a'.islower(), ''.isdigit(), '²'.isdigit(), '½'.isnumeric(), 'Ab'.istitle(), 'a_1'.isidentifier(), 'é'.isascii(), '١'.isdecimal()
s.nothing, s.nothing is defined
s.nothing()
s.upper(1)
s.__class__, s.__class__ is defined
d.__class__.__name__ is defined
d.keys(), d.values(), d.keys() | list, d.items() | list
dict(a=1).items(), dict(a=1).keys() | first, dict(a=1).values() | sum
d.get('b'), d.get('x'), d.get('x', 5), d.get('a').get('c')[0]
d.get(key='b')
d.get()
d.copy().b, l.copy(), l.index(1), l.count(3), (1, 2, 1).count(1)
l.index(99)
l.append, d.update, d.pop
l.append(1)
d.update({})
d.pop('b')
l.sort()
messages[0].items() | list
loop
loop.index
undef()
i()
s()
d()
raise_exception('stop')
raise_exception()
strftime_now('%Y-%m-%d'), strftime_now('%d %b %Y'), strftime_now('%H:%M:%S %A %B %j %%'), strftime_now('%-d %I %p %y %f|%z|%Z|')
strftime_now()
ws | trim, 'xxaxx' | trim('x'), 5 | trim, none | trim, undef | trim
l | length, s | count, d | length, u | length, undef | length, '' | length, range(5) | length
i | length
none | length
l | map('string') | length
s | upper, s | lower, 'foo bar-baz (qux) o\\'neil' | title, 'fOO bar' | capitalize, u | upper, u | title, 5 | upper, none | lower
undef | default('x'), none | default('x'), none | default('x', true), '' | default('x', boolean=true), undef | d, 0 | d(5, true), undef | default(default_value=3), d.missing | default('m')
l | join(','), ls | join, [1, none, 'a', 2.0] | join('-'), users | join(', ', attribute='name'), 'abc' | join('.'), d | join(','), empty | join(','), users | join(';', 'city.n'), undef | join(',')
5 | join(',')
l | first, l | last, s | first, s | last, empty | first, empty | last, d | first, d | last, undef | first, range(5) | last
5 | first
l | map('string') | last
'abc' | list, d | list, range(3) | list, undef | list, (1, 2) | list
5 | list
users | map(attribute='name') | list, users | map(attribute='city.n') | list, users | map(attribute='ok') | list, users | map(attribute='ok', default='-') | list, ls | map('upper') | list, l | map('string') | list, ['a', 'b'] | map('replace', 'a', 'x') | list, nested | map(attribute=0) | list, undef | map('upper') | list
l | map | list
l | map('nofilter') | list
l | map(attribute='x', foo=1) | list
l | select('odd') | list, l | select('>', 1) | list, [0, 1, '', 'a', none] | select | list, l | reject('odd') | list, l | select('in', [1, 2]) | list, ls | select('equalto', 'a') | list, [1, 2, 3, 4] | select('divisibleby', 2) | list, undef | select | list
l | select('notest') | list
users | selectattr('ok') | map(attribute='name') | list, users | selectattr('ok', 'defined') | map(attribute='name') | list, users | rejectattr('ok', 'defined') | map(attribute='name') | list, users | selectattr('age', 'equalto', 30) | map(attribute='name') | list, users | selectattr('age', '>=', 30) | list | length, messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | first
users | selectattr | list
messages | rejectattr('role', 'eq', 'system') | list | length, messages | selectattr('role', 'in', ['user', 'assistant']) | list | length
s | replace('o', '0'), s | replace('l', 'L', 1), 5 | replace('5', 'x'), s | replace('', '-'), s | replace(old='H', new='J')
s | replace('o')
mixed | tojson, d | tojson, s | tojson, q | tojson, u | tojson, none | tojson, t | tojson, 1.0 | tojson, big | tojson, tiny | tojson, [] | tojson, {} | tojson, (1, 2) | tojson, {1: 2, none: 3, true: 4, 1.5: 5} | tojson
d | tojson(indent=2), mixed | tojson(indent=1), [] | tojson(indent=2), {} | tojson(indent=4), [[], {}] | tojson(indent=2), d | tojson(indent='--'), l | tojson(indent=0)
d | tojson(ensure_ascii=true), u | tojson(ensure_ascii=true), d | tojson(separators=(',', ':')), d | tojson(sort_keys=true), d | tojson(indent=2, separators=(', ', ' = '))
undef | tojson
range(3) | tojson
d.keys() | tojson
{(1, 2): 3} | tojson
l | map('string') | tojson
5 | string, none | string, l | string, undef | string, s | string | upper, t | string
'42' | int, '42.9' | int, 'x' | int, 'x' | int(7), 3.9 | int, -3.9 | int, none | int, '0x1F' | int(base=16), '  12 ' | int, '1_000' | int, true | int, '1e3' | int, 'ff' | int(0, 16), '' | int(5), '-5' | int, [] | int(9), 'inf' | int(3), '0b11' | int(base=2), '0o7' | int(base=0)
undef | int
'4.5' | float, 'x' | float, 'x' | float(1.5), 3 | float, none | float, 'inf' | float, 'nan' | float, '1e3' | float, '1_0.5' | float, ' 2 ' | float, '-inf' | float, '.5' | float, '5.' | float
undef | float
-5 | abs, 5 | abs, -2.5 | abs, (-5) | abs, neg | abs
'a' | abs
42.55 | round, 42.55 | round(1), 2.5 | round, 3.5 | round, 2.675 | round(2), 42 | round, 1234 | round(-2), 1250 | round(-2), 1350 | round(-2), 42.55 | round(1, 'floor'), 42.55 | round(1, 'ceil'), 42.1 | round(method='ceil'), 42.55 | round | int, -2.5 | round, 1e300 | round(2), 15.5 | round(-1)
42 | round(method='nope')
'a' | round
l | sort, ls | sort, ls | sort(case_sensitive=true), l | sort(reverse=true), users | sort(attribute='name') | map(attribute='name') | list, users | sort(attribute='age') | map(attribute='name') | list, users | sort(attribute='age,name') | map(attribute='name') | list, users | sort(attribute='age', reverse=true) | map(attribute='name') | list, 'bca' | sort, d | sort, undef | sort
mixed | sort
ls | unique | list, [1, 2, 1, 1.0, true] | unique | list, ['a', 'A', 'b'] | unique | list, ['a', 'A', 'b'] | unique(true) | list, users | unique(attribute='age') | map(attribute='name') | list
[[1], [1]] | unique | list
l | reverse | list, s | reverse, l | reverse | join, d | reverse | list, range(3) | reverse | list, undef | reverse | list, (1, 2) | reverse | list
5 | reverse
l | batch(2) | list, l | batch(2, 'x') | list, range(7) | batch(3, 0) | list, empty | batch(2) | list, l | slice(2) | list, range(7) | slice(3, '-') | list, l | slice(5) | list
l | slice(0) | list
'a\\nb\\n\\nc' | indent, 'a\\nb' | indent(2), 'a\\nb' | indent(2, true), 'a\\n\\nb' | indent(2, blank=true), 'a\\nb' | indent('--'), '' | indent, 'a\\n' | indent, lines | indent(1), 'a\\nb' | indent(width=3, first=true)
5 | indent
d | items | list, undef | items | list, d | dictsort | list, {'b': 2, 'A': 1, 'c': 0} | dictsort, {'b': 2, 'A': 1} | dictsort(true), {'b': 2, 'A': 1} | dictsort(by='value'), {'b': 2, 'A': 1} | dictsort(reverse=true), {'b': 1, 'a': 1} | dictsort(false, 'value')
l | items | list
l | dictsort
{'b': 2} | dictsort(by='nope')
'<a href="x">&\\'' | escape
'<b>' | safe | upper, '<b>' | safe | title, '<b>' | safe | trim, '<b>' | safe | capitalize, '<b>' | safe | string, '<b>' | safe | indent(2), '<b>' | safe | reverse, '<b>' | safe | list
'<b>' | safe + '<i>', ('<b>' | safe) + '<i>', '<i>' + ('<b>' | safe), ('<b>' | safe) ~ '<i>', ('<' | safe) * 2, ('<b>' | safe)[1:], ('<b>' | safe)[0], ('<b>' | safe)[::-1]
('<b>' | safe).upper(), ('<a b>' | safe).split(), ('<b>' | safe).replace('b', '<'), (', ' | safe).join(['<', '>' | safe]), ('%s %d' | safe) % ('<', 1), ('{}' | safe).format('<'), ('<' | safe).center(3)
'<' | e | e, '<' | e | forceescape, '<' | safe | e, '<b>' | safe | replace('b', '<'), ['<' | safe, '<'] | join(','), '<b>' | safe is escaped, '<' | e == '&lt;', {'a': '<' | safe} | tojson, '<%s>' | safe | format('<')
{'a': none, 'b': none} | dictsort(by='value')
['x', 'y'] | groupby('age')
['x', 'y'] | sort(attribute='age')
[1, 2] | truncate(5)
"Use '" | safe + messages[1].content + "<" + "'\n" | safe + d | tojson()
'<' | e ~ '' ~ (s | safe)
l | min, l | max, ls | min, ls | max, ls | max(case_sensitive=true), users | max(attribute='age'), users | min(attribute='name'), empty | min, empty | max, 'hello' | max
mixed | min
l | sum, users | sum(attribute='age'), l | sum(start=10), empty | sum, [1.5, 2] | sum, [[1], [2]] | sum(start=[])
ls | sum
'one two  three-four it\\'s' | wordcount, '' | wordcount, u | wordcount
users | groupby('age') | list, users | groupby('city.n') | map(attribute='grouper') | list, users | groupby('city.n', case_sensitive=true) | map('first') | list
users | groupby('ok', default='none') | map(attribute=0) | list
users | groupby('ok', default=true) | map(attribute=0) | list
'%s-%s' | format('a', 1), '%(x)s' | format(x=5)
'hello world' | truncate(8), 'hello world' | truncate(5, true), 'hello world foo bar' | truncate(11), 'hello world foo bar' | truncate(9, end='!', leeway=0), 'short' | truncate(10)
'a' | center(5) ~ '|', 'abc' | attr('upper') is defined, d | attr('b'), d | attr('keys') is callable
'a b/c?d=é&' | urlencode, {'a b': 1, 'c': 'd/é'} | urlencode
s | nofilter
s | upper | lower | title
s | trim | replace('l', 'x') | length
l | map('nofilter') | length if false else 'lazy'
undef is defined, undef is undefined, i is defined, none is none, 5 is none, no is none, d.x is defined, d.b is defined, messages[0]['x'] is defined
s is string, i is string, i is number, f is number, t is number, i is integer, t is integer, f is float, i is float, t is boolean, i is boolean, t is true, false is false, 1 is true, no is false
d is mapping, l is mapping, l is iterable, s is iterable, i is iterable, undef is iterable, none is iterable, d is iterable
l is sequence, s is sequence, d is sequence, i is sequence, undef is sequence, range(3) is sequence, (1,) is sequence, none is sequence, d.keys() is sequence
range is callable, s is callable, s.upper is callable, undef is callable, raise_exception is callable, namespace is callable
1 is odd, 2 is even, 3.0 is odd, 4 is divisibleby 2, 5 is divisibleby(2), 1 is not odd, neg is odd
'a' is odd
undef is odd
1 is eq 1, 1 is equalto(1.0), 1 is ne 2, 1 is lt 2, 2 is gt 1, 1 is le 1, 1 is ge 2, 1 is lessthan 2, 2 is greaterthan 1
1 is == 1
1 is in [1, 2], 'a' is in 'abc', 1 is not in [2], 5 is in(l)
'abc' is lower, 'ABC' is upper, 'Abc' is lower, '' is lower, '1' is upper, 'É' is upper
none is sameas none, 1 is sameas true, true is sameas true, d is sameas d
'upper' is filter, 'nope' is filter, 'odd' is test, 'nope' is test, s is escaped
s is notest
s is
1 is eq
x is defined is true
not undef is defined, undef is not defined and true, (undef is defined) or 'x', i is defined and i > 41
i is defined if t
[1, 2, 3] | select('odd') | map('string') | join('+')
l | sort | first + 1
-1 | abs, (-1) | abs, 2 ** 2 | string
'a' if 1 else 'b' ~ 'c'
'a' ~ 'b' if 0 else 'c'
[1, 2, 3][1:] + [4], 'abc'[1:] + 'd'
messages | map(attribute='content') | map('trim') | join('|')
messages[1].content.strip().split(' ')[0].lower() ~ '!'
(messages | last).content, (messages | first)['role'] == 'system', messages | length - 1
{'a': {'b': [1, 2]}}.a.b[1], {'a': 1}['a'], [{'x': 1}][0].x
{'a': 1, 'a': 2}
"é" ~ 'ü' | upper
1, 2
[1, 2
(1, 2
{'a' 1}
1 +
* 2
a b
'unterminated
$x
a ? b
x = 1
1 2
9223372036854775807, -9223372036854775807
cycler('a', 'b').next()
joiner() is callable
cycler is defined, dict is defined, foo is defined
"{{ not code }}", '{% neither %}'
true, True, false, False, none, None
'a' 'b' ~ 'c'
namespace is defined and namespace(x=1).x == 1
"%d items" | format(3) ~ ', ' ~ ('%.1f' | format(2.55))
[[1, 2], [3, 4]] | map('join', ',') | join(';'), [[1, 2], [3]] | map('sum') | list, ls | map('lower') | sort | list
users | map(attribute='name') | map('upper') | select('ne', 'AL') | join(' ')
range(3) | map('string') | map('replace', '1', 'x') | list
""".strip("\n")


def _expressions() -> list[str]:
    """One per line; a line break inside quotes joins two lines."""
    lines = EXPRESSIONS.split("\n")
    joined = []
    for line in lines:
        if joined and joined[-1].count('"') % 2 == 1 and "multi" in joined[-1]:
            joined[-1] += "\n" + line
        else:
            joined.append(line)
    return ["{{ " + line + " }}" for line in joined]


STATEMENTS = [
    # loops
    "{% for x in l %}{{ x }},{% endfor %}",
    "{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
    "{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}",
    "{% for x in l %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}",
    "{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.depth }}{{ loop.depth0 }}{{ loop.changed(x > 1) }}{% endfor %}",
    "{% for x in l %}{{ loop }}{% endfor %}",
    "{% for x in l if x > 1 %}{{ x }}{{ loop.index }}{{ loop.length }}{{ loop.last }}{% endfor %}",
    "{% for x in l if x > 5 %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in empty %}{{ x }}{% else %}empty{% endfor %}",
    "{% for x in undef %}{{ x }}{% else %}undef{% endfor %}",
    "{% for x in none %}{{ x }}{% endfor %}",
    "{% for x in 5 %}{{ x }}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in d | items %}{{ k }}={{ v }};{% endfor %}",
    "{% for k in d %}{{ k }}{% endfor %}",
    "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ loop.index }}{{ k }}{{ v }}{% endfor %}",
    "{% for a, b in [[1, 2], (3, 4)] %}{{ a }}{{ b }}{% endfor %}",
    "{% for a, b in [[1, 2, 3]] %}{{ a }}{% endfor %}",
    "{% for a, b in [[1]] %}{{ a }}{% endfor %}",
    "{% for (a, b), c in [[[1, 2], 3]] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for c in 'aé😀' %}[{{ c }}]{% endfor %}",
    "{% for x in (1, 2), (3, 4) %}{{ x }}{% endfor %}",
    "{% for x in 1, 2, 3 %}{{ x }}{% endfor %}",
    "{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% break %}{% else %}E{% endfor %}",
    "{% for x in l %}{% continue %}{% else %}E{% endfor %}",
    "{% for x in l %}{% if x == 2 %}{% break %}{% endif %}{% else %}E{% endfor %}",
    "{% for x in l %}{% for y in ls %}{% if y == 'c' %}{% break %}{% endif %}{{ x }}{{ y }}{% endfor %};{% endfor %}",
    "{% for x in l %}{% for y in l %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% for x in nested recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}",
    "{% for x in l %}{{ loop(l) }}{% endfor %}",
    "{% break %}",
    "{% continue %}",
    "{% for x in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% for x in l %}{% set y = x %}{% endfor %}{{ y is defined }}{{ x is defined }}",
    "{% set y = 0 %}{% for x in l %}{% set y = y + x %}{{ y }},{% endfor %}{{ y }}",
    "{% set ns = namespace(y=0) %}{% for x in l %}{% set ns.y = ns.y + x %}{% endfor %}{{ ns.y }}",
    "{% for loop in l %}{% endfor %}",
    "{% for x in l %}{% set loop = 1 %}{% endfor %}",
    "{% for x in l | sort %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for x in l | map('string') %}{{ x }}{{ loop.last }}{{ loop.length }}{% endfor %}",
    "{% for x in l | reverse %}{{ x }}{{ loop.index }}/{{ loop.length }} {% endfor %}",
    "{% for m in messages[::-1] %}{{ (messages | length - 1) - loop.index0 }}{{ m.role }} {% endfor %}",
    "{% for x in range(3) %}{{ x }}{% endfor %}",
    "{% for x in range(200000) %}{% endfor %}",
    "{% set g = l | map('string') %}{{ g | join }}|{{ g | join }}",
    "{% set ns = namespace(n=1) %}{% for x in l if x >= ns.n %}{% set ns.n = 3 %}{{ x }}{% endfor %}",
    "{% for x in l %}{{ x }}{% else %}{% for y in l %}{{ y }}{% endfor %}{% endfor %}",
    # conditions
    "{% if t %}a{% elif i %}b{% else %}c{% endif %}",
    "{% if no %}a{% elif i == 42 %}b{% else %}c{% endif %}",
    "{% if no %}a{% elif undef %}b{% else %}c{% endif %}",
    "{% if 'x' in d or 'b' in d and not no %}yes{% endif %}",
    "{% if undef.x %}a{% endif %}",
    "{% if false %}{{ undef.x.y }}{{ s | nofilter }}{% endif %}ok",
    "{% if false %}{% for x in l %}{{ x | nofilter }}{% endfor %}{% endif %}ok",
    "{% for x in empty %}{{ x | nofilter }}{% endfor %}ok",
    "{% if true %}{{ s | nofilter }}{% endif %}",
    "{{ (s | nofilter) if false else 'ok' }}",
    "{% if s is notest %}{% endif %}",
    "{% if 1, 2 %}tuple{% endif %}",
    "{% if t: %}colon{% endif %}",
    "{% if t %}unclosed",
    "{% if %}x{% endif %}",
    "{% endif %}",
    "{% for x in l %}{% endif %}{% endfor %}",
    # set
    "{% set a = 1 %}{{ a }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{% set (a, b) = (1, 2) %}{{ a }}{{ b }}",
    "{% set a, b = [1] %}",
    "{% set a = 1, 2 %}{{ a }}",
    "{% set a %}block {{ i }}{% endset %}[{{ a }}]",
    "{% set a | upper %}block {{ i }}{% endset %}[{{ a }}]",
    "{% set a | trim | replace('o', '0') %} foo {% endset %}[{{ a }}]",
    "{% set a %}{% set b = 5 %}{{ b }}{% endset %}{{ a }}{{ b is defined }}",
    "{% set ns = namespace() %}{% set ns.a = 1 %}{% set ns.b %}x{% endset %}{{ ns.a }}{{ ns.b }}{{ ns.c is defined }}{{ ns['a'] }}{{ ns }}",
    "{% set ns = namespace(a=1) %}{% set ns.a, ns.b = 2, 3 %}{{ ns.a }}{{ ns.b }}",
    "{% set ns = namespace(a=[]) %}{% set ns.a = ns.a + [1] %}{% set ns.a = ns.a + [2] %}{{ ns.a }}",
    "{% set d.x = 1 %}",
    "{% set undef.x = 1 %}",
    "{% set ns = namespace() %}{% set ns._x = 1 %}",
    "{% set 1 = 2 %}",
    "{% set none = 2 %}",
    "{% set a = b %}{{ a is defined }}{{ a }}",
    "{% if t %}{% set z = 1 %}{% endif %}{{ z }}",
    "{% if no %}{% set s = 'other' %}{% endif %}{{ s }}",
    "{% set s = s | upper %}{{ s }}",
    "{% set messages = messages[1:] %}{{ messages | length }}",
    "{% for x in l %}{% if loop.first %}{% set s = 'in' %}{% endif %}{{ s }},{% endfor %}{{ s }}",
    # macros
    "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(b=4, a=5) }} {{ m() }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}",
    "{% macro m(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ m(1, 2, 3) }}",
    "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{% macro m(a) %}{{ caller() }}{{ a }}{% endmacro %}{% call m(1) %}body{% endcall %}",
    "{% macro m() %}{% for x in l %}{{ caller(x, loop.index) }}{% endfor %}{% endmacro %}{% call(x, n) m() %}[{{ x }}{{ n }}]{% endcall %}",
    "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}{% call m() %}{% endcall %}",
    "{% macro m() %}x{% endmacro %}{% call m() %}body{% endcall %}",
    "{% macro m(n) %}{{ n }}{% if n > 0 %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(3) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}",
    "{{ m() }}{% macro m() %}x{% endmacro %}",
    "{% macro m() %}{{ later }}{% endmacro %}{% set later = 5 %}{{ m() }}",
    "{% macro m() %}{% set inner = 1 %}{{ inner }}{% endmacro %}{{ m() }}{{ inner is defined }}",
    "{% macro m() %}  x  {% endmacro %}[{{ m() }}][{{ m() | trim }}]{{ m }}{{ m.name }}",
    "{% for x in l %}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% endfor %}",
    "{% macro m(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ m(*[1, 2]) }}{{ m(**{'a': 3, 'b': 4}) }}{{ m(*[5], b=6) }}",
    "{% macro m(x) -%}\n  {{ x }}\n{%- endmacro %}{{ m(1) }}{{ m('a' ~ m(2)) }}",
    "{% macro m(t) %}{%- if t is mapping %}{%- for k, v in t.items() %}{{ k }}:{{ m(v) }};{%- endfor %}{%- elif t is iterable and t is not string %}[{%- for v in t %}{{ m(v) }}{%- if not loop.last %},{% endif %}{%- endfor %}]{%- else %}{{ t }}{%- endif %}{% endmacro %}{{ m(d) }}",
    "{% macro %}{% endmacro %}",
    "{% macro m() %}",
    "{% call m %}{% endcall %}",
    "{% call undef() %}{% endcall %}",
    "{% call range(1) %}{% endcall %}",
    # filter blocks, with, print, generation, raw, comments
    "{% filter upper %}abc {{ s }}{% endfilter %}",
    "{% filter trim | replace('a', 'b') %} aa {% endfilter %}",
    "{% filter indent(2) %}a\nb{% endfilter %}",
    "{% filter nofilter %}a{% endfilter %}",
    "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}",
    "{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a is defined }}",
    "{% with a = i, b = a %}{{ a }}{{ b }}{% endwith %}",
    "{% print 1, 'x' %}",
    "{% generation %}gen {{ i }}{% set g = 1 %}{% endgeneration %}{{ g is defined }}",
    "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}",
    "{% generation %}\nline\n{% endgeneration %}\nafter",
    "{% for x in l %}{% generation %}{% break %}{% endgeneration %}{% endfor %}",
    "{% raw %}{{ not }} {% code %} {# here #}{% endraw %}",
    "a {%- raw -%} {{ x }} {%- endraw -%} b",
    "  {% raw %}\n {{ x }}\n  {% endraw %}\nb",
    "{% raw %}x",
    "a{# comment #}b{#- c -#} d {#+ e +#} f",
    "a {#- c #} b {# c -#} d",
    "{# unclosed",
    "{#\n multi\n line\n#}\nx",
    "  {# indented #}\nx",
    "{{ '#}' }}{# {{ x }} {% y %} #}z",
    "{% include 'x' %}",
    "{% extends 'x' %}",
    "{% import 'x' as y %}",
    "{% unknown %}",
    "{% do l.append(1) %}",
    "{{ }}",
    "{% %}",
    "{{ x",
    "{% if x",
    "{{ x }",
    "{ { x } }",
    "}} %} #}",
    "{{ {'a': {'b': 1}}['a']['b'] }}",
    "{{ {'a': 1}}}",
    "{{ '}}' }}{{ \"%}\" }}",
    "{{[1]}}{{(1)}}{{-1}}{{ -1}}{{+1}}",
    "{{- 1 -}} x {{ 2 }}",
    "{{- -1 }}",
    "{{ 1 -}}\n\n x",
    # whitespace control
    "a\n{% if t %}\nb\n{% endif %}\nc\n",
    "a\n  {% if t %}\n  b\n  {% endif %}\nc",
    "a\n  {%- if t %}\n  b\n  {%- endif %}\nc",
    "a\n  {% if t -%}\n  b\n  {% endif -%}\nc",
    "a\n  {%+ if t %}\n  b\n  {%+ endif %}\nc",
    "a\n  {% if t +%}\n  b\n  {% endif +%}\nc",
    "  {{ i }}  \n  {{- i -}}  \n",
    "x {% if t %} y {% endif %} z",
    "x\t{% if t %}\ty\t{% endif %}\tz",
    "\n\n{% if t %}\n\nb\n\n{% endif %}\n\n",
    "{% if t %}  {% endif %}|",
    "{% if t %}\n    {{ i }}\n{% endif %}",
    "{% for x in l %}\n{{ x }}\n{% endfor %}\n",
    "{% for x in l -%}\n  {{ x }}\n{%- endfor %}\n",
    "{%- for x in l %}\n  {{- x }}\n{%- endfor %}",
    "a\r\nb\rc\n{% if t %}\r\nd{% endif %}\r\n",
    "trailing\n",
    "trailing\n\n",
    "trailing {{ i }}\n",
    "a \u00a0{%- if t %}\u2003b\u00a0{%- endif -%}\u2003c",
    "a\n \u00a0{% if t %}b{% endif %}",
    "a  {{- ' b ' -}}  c",
    "{% set x = 1 %}\n{% set y = 2 %}\n{{ x }}{{ y }}\n",
    "  {% set x = 1 %}  \n  {% set y = 2 %}\n{{ x }}{{ y }}",
    "{# c #}\n  {# d #}\nx",
    "{#- c -#}\n  x",
    "{% if t %}{# c #}\n{% endif %}x",
    "    {%- if t -%}    x    {%- endif -%}    ",
    "{{ 'a\nb' }}",
    "{%if t%}x{%endif%}",
    "{%-if t-%}x{%-endif-%}",
    "{{i}}{{ i}}{{i }}",
    "",
    "\n",
    "plain",
    # mutable helpers
    "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}",
    "{% set j = joiner('; ') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}",
    "{% set j = joiner() %}{{ j() }}a{{ j() }}b",
    "{% set x = dict(a=1) %}{{ x.a }}{{ x['a'] }}{{ x.b }}",
    "{% set ns = namespace(f=s.upper) %}{{ ns.f() }}",
    "{% set f = l.index %}{{ f(2) }}",
    "{% set r = range %}{{ r(3) | list }}",
    # what templates of models do
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles') }}{% endif %}{% endfor %}",
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system = false %}{% endif %}{% for m in loop_messages %}{% if loop.index0 == 0 and system != false %}{{ '<<SYS>>' + system + '<</SYS>>' + m['content'] }}{% else %}{{ ' ' ~ m['content'] | trim ~ ' ' }}{% endif %}{% endfor %}",
    "{%- set ns = namespace(found=false) -%}{%- for m in messages -%}{%- if m.role == 'user' -%}{%- set ns.found = true -%}{%- endif -%}{%- endfor -%}{{ ns.found }}",
    "{%- if not date is defined %}{%- set date = strftime_now('%d %b %Y') %}{%- endif %}{{ date }}",
    "{%- if tools is not none and tools | length > 0 %}T{% elif tools is none %}N{% endif %}",
    "{{ messages[1]['content'] | trim + '!' }}",
    "{{ ('a' ~ messages[1].content) | trim }}|{{ messages[1].content.strip() + messages[2].content[3:] }}",
    "{% for m in messages %}{{ m.content if m.content is string else m.content | map(attribute='text') | join }}{% endfor %}",
    "{% for m in messages if m.role != 'system' %}{{ loop.index }}{{ m.role }}{% endfor %}",
    "{{ messages | selectattr('role', 'equalto', 'user') | list | last | tojson }}",
    "{{ messages | map(attribute='role') | unique | sort | join(',') }}",
    "{% set parts = [] %}{% for m in messages %}{% set parts = parts + [m.role] %}{% endfor %}{{ parts }}",
]

SNIPPETS = _expressions() + STATEMENTS
