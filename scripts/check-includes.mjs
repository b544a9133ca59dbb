/**
 * A native file includes what it uses of the C++ library, itself or by headers of ours. The headers of GCC's library
 * include more of each other than those of Visual C++ do, so a build by GCC doesn't show what is missing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { headersOf } from './steps/clang-tidy.mjs';
import { runIfMain } from './support/check.mjs';
import { listFiles } from './support/fingerprint.mjs';
import { inRoot } from './support/paths.mjs';

/** Names by the headers that declare them; of those that several headers declare, see SEVERAL. */
const NAMES = {
  algorithm: `all_of any_of clamp copy copy_if copy_n count count_if equal fill fill_n find find_if lower_bound max
    max_element min min_element minmax_element mismatch none_of remove_if replace reverse search sort transform unique
    upper_bound`,
  array: 'array',
  atomic: 'atomic atomic_bool memory_order_relaxed',
  chrono: 'chrono',
  condition_variable: 'condition_variable',
  cstring: 'memcmp memcpy memmove memset strcmp strlen',
  cwchar: 'swprintf wcscmp wcslen wmemcpy',
  cstdlib: 'abort exit free malloc',
  deque: 'deque',
  exception: 'current_exception exception exception_ptr rethrow_exception terminate',
  functional: 'cref function hash ref',
  future: 'future promise',
  initializer_list: 'initializer_list',
  iterator: 'back_inserter distance make_move_iterator next prev',
  limits: 'numeric_limits',
  map: 'map multimap',
  memory:
    'addressof default_delete enable_shared_from_this make_shared make_unique shared_ptr unique_ptr weak_ptr',
  mutex: 'call_once lock_guard mutex once_flag scoped_lock unique_lock',
  new: 'bad_alloc nothrow',
  numeric: 'accumulate',
  optional: 'make_optional nullopt optional',
  set: 'set',
  stdexcept: 'invalid_argument length_error logic_error out_of_range runtime_error',
  string: 'basic_string char_traits string to_string to_wstring u16string wstring',
  string_view: 'string_view wstring_view',
  system_error: 'error_code system_error',
  thread: 'this_thread thread',
  tuple: 'make_tuple tie tuple',
  type_traits: `conditional_t decay_t enable_if_t invoke_result_t is_enum_v is_same_v is_trivially_copyable_v is_void_v
    remove_pointer_t remove_reference_t underlying_type_t`,
  unordered_map: 'unordered_map',
  unordered_set: 'unordered_set',
  utility: 'as_const exchange forward make_pair move pair swap',
  variant: 'get_if holds_alternative variant visit',
  vector: 'vector',
};
/** Declared by each of these headers ([iterator.range]). */
const SEVERAL = {
  names: ['begin', 'data', 'empty', 'end', 'size'],
  headers: ['iterator', 'array', 'deque', 'map', 'string', 'unordered_map', 'vector'],
};
const INTEGERS = /\bu?int(?:8|16|32|64|ptr)_t\b/;
const HEADER_OF = new Map(
  Object.entries(NAMES).flatMap(([header, names]) => names.split(/\s+/).map((name) => [name, header])),
);

/** @returns {string[]} */
export function check(
  files = listFiles(['native'], /\.(cc|h)$/),
  read = (name) => readFileSync(inRoot(name), 'utf8'),
  isThere = (name) => existsSync(inRoot(name)),
) {
  return files.flatMap((file) => {
    const included = new Set(
      [file, ...headersOf(file, read, isThere)].flatMap((name) => includes(read(name))),
    );
    return needs(read(file))
      .filter(({ headers }) => !headers.some((header) => included.has(header)))
      .map(({ name, headers }) => `${file} uses ${name} without <${headers[0]}>`);
  });
}

const includes = (text) => [...text.matchAll(/^#include <(\w+)(?:\.h)?>$/gm)].map(([, header]) => header);

/** What a file uses, each name once. A name that the tables lack is a problem, too: they have to know it. */
function needs(text) {
  const code = text.replaceAll(/\/\/.*$/gm, '');
  const names = new Set([...code.matchAll(/\bstd::(\w+)/g)].map(([, name]) => name));
  const found = [...names].map((name) => ({ name: `std::${name}`, headers: headersOfName(name) }));
  const [integer] = INTEGERS.exec(code) ?? [];
  // Node-API's headers include <stdint.h>.
  return integer === undefined ? found : [...found, { name: integer, headers: ['cstdint', 'napi'] }];
}

function headersOfName(name) {
  if (SEVERAL.names.includes(name)) return SEVERAL.headers;
  return [HEADER_OF.get(name) ?? 'a header that scripts/check-includes.mjs knows'];
}

runIfMain(import.meta.url, check);
