#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the engine; only engine-*.c include it.
 *
 *   subjects:  subject pattern -> group of postings; the map's filter has the bits of the wildcard patterns, so that
 *              the forms of a subject that nothing is granted to are not looked up
 *   group      few postings: an array that is scanned, each posting with two small filters;
 *              many: branches by resource selector, those by action selector, those a list
 *   posting -> compiled set (struct cset): one block with everything a decision needs
 *   sets:      (kind, id) -> struct document: the compiled set and its subjects
 *
 * Blocks are never changed once another version can see them. Hashes only ever narrow the
 * search: a match is proved by comparing strings.
 */
#include "base/hash.h"
#include "policy/engine.h"

/* Large scratch arrays that are filled before they are read need no zeroing on each call. */
#define NO_INIT __attribute__((uninitialized))

enum {
	MAX_SMALL = 12,     /* postings scanned in a row; a larger group is split */
	MAX_SELECTORS = 16, /* a set with more goes to the rest of a split group */
	FEW_SELECTORS = 2,  /* the same of BY_FEW_ACTIONS: a write pays for each */
	MAX_SCANNED = 8,    /* statements of one set evaluated in a row; more get an inner index */
	LINE_BYTES = 64,    /* of the cache */
	N_ACTION_FORMS = 6,
	N_INLINE_FORMS = 32
};

/*
 * Text. A form is one spelling by which a pattern can match what was asked: head, or head "*" tail. The hash of a text
 * is folded over its sections ("a:", "b:", "c"), so that the hashes of all prefixes cost one walk. It starts from the
 * seed, which nobody outside knows.
 */
struct form {
	uint64_t hash;
	struct str head, tail; /* an absent tail: no "*" */
};

struct form_list {
	struct form *items;
	size_t n;
	uint64_t filter; /* filter_bit() of each */
	uint64_t second; /* the same of six other bits of the hashes */
};

/* Folds up to eight bytes of text in; the high half of the product brings the high bits down. */
static inline uint64_t text_step(uint64_t h, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(h ^ word) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}
/* The sections "*" and "*:" as words: a short word carries its length in the highest byte. */
#define WORD_STAR       (UINT64_C(1) << 56 | '*')
#define WORD_STAR_COLON (UINT64_C(2) << 56 | ':' << 8 | '*')
/* A walk over a text, section by section. */
struct text_walk {
	const char *next, *end;
	uint64_t hash;    /* of all before `next` */
	bool is_readable; /* eight bytes before `end` are the text's own */
};

static inline struct text_walk text_begin(uint64_t hash, struct str text)
{
	return (struct text_walk){text.ptr, text.ptr + text.len, hash, text.len >= sizeof(uint64_t)};
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are cut at their low end");

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* `n` < 8 bytes as a word, without reading past them. */
static inline uint64_t load_short(const char *p, size_t n)
{
	uint32_t low, high;

	if (n >= sizeof(low)) {
		memcpy(&low, p, sizeof(low));
		memcpy(&high, p + n - sizeof(high), sizeof(high));
		return low | (uint64_t)high << (n - sizeof(high)) * 8;
	}
	if (n == 0)
		return 0;
	return (uint8_t)p[0] | (uint64_t)(uint8_t)p[n / 2] << n / 2 * 8 | (uint64_t)(uint8_t)p[n - 1] << (n - 1) * 8;
}

/* The next word; at the end of a long text the bytes are loaded with those before them, and lengths decide no jump. */
static inline uint64_t text_word(const struct text_walk *t, size_t left)
{
	uint64_t word;
	bool is_short = left < sizeof(word);

	if (!t->is_readable)
		return load_short(t->next, left);
	memcpy(&word, is_short ? t->end - sizeof(word) : t->next, sizeof(word));
	return word >> (is_short ? (sizeof(word) - left) * 8 : 0);
}

/*
 * Folds the next section in; false when it was the last, which has no ':' behind it. Eight bytes at a time, each
 * section beginning a word of its own; a ':' is found by arithmetic on the whole word.
 */
static inline bool text_next(struct text_walk *t)
{
	while (t->next < t->end) {
		size_t left = (size_t)(t->end - t->next), n = left < 8 ? left : 8;
		uint64_t word = text_word(t, left), x = word ^ EACH_BYTE(':');
		uint64_t colons = (x - EACH_BYTE(1)) & ~x & EACH_BYTE(0x80);

		if (colons)
			n = (size_t)__builtin_ctzll(colons) / 8 + 1;
		word = (word & UINT64_MAX >> (64 - n * 8)) | (uint64_t)(n & 7) << 56;
		t->hash = text_step(t->hash, word);
		t->next += n;
		if (colons)
			return true;
	}
	return false;
}

static inline uint64_t filter_bit(uint32_t hash)
{
	return UINT64_C(1) << (hash >> 26);
}
/* What patterns keep of the hash, and filters are made from. */
static inline uint32_t short_hash(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}
static inline uint64_t second_bit(uint32_t hash)
{
	return UINT64_C(1) << (hash >> 20 & 63);
}
/* Two bits a pattern: with the few patterns of a set, a form is seldom let through by those of others. */
static inline uint64_t filter_bits(uint32_t hash)
{
	return filter_bit(hash) | second_bit(hash);
}
uint64_t text_hash(uint64_t seed, struct str text);
/* Is `text` what the form spells? */
static inline bool form_is(const struct form *f, struct str text)
{
	bool has_star = f->tail.ptr;
	size_t n = f->head.len;

	if (text.len != n + has_star + f->tail.len || (n && memcmp(text.ptr, f->head.ptr, n) != 0))
		return false;
	return !has_star ||
	       (text.ptr[n] == '*' && (!f->tail.len || memcmp(text.ptr + n + 1, f->tail.ptr, f->tail.len) == 0));
}
/* Does a stored resource or subject pattern (no variable) match the concrete text? */
bool path_matches(struct str pattern, struct str text);
/* Exact, each "prefix:*", "*". Uses `room` (N_INLINE_FORMS) when that is enough, else the arena. */
struct form_list forms_of_path(uint64_t seed, struct str text, struct form *room, struct arena *a);
/* Exact, "*", and with three sections the four wildcards. `room` holds N_ACTION_FORMS. */
struct form_list forms_of_action(uint64_t seed, struct str action, struct form *room);
/* Appends each selector as it stands. `list` has `cap` places, which are used when they are enough, else the arena. */
void forms_add_selectors(uint64_t seed, struct str_list selectors, struct form_list *list, size_t cap, struct arena *a);

/* The compiled set: one block, positions inside it are byte offsets. */
enum pattern_kind { PATTERN_EXACT, PATTERN_PREFIX, PATTERN_ANY, PATTERN_VARIABLE };

struct pattern {
	uint32_t hash;
	uint32_t text_at;
	uint32_t text_len : 30;
	uint32_t kind : 2;
};

enum {
	STATEMENT_ALL_TENANTS = 1u << 0,
	STATEMENT_TENANT_BITS = 1u << 1,
	STATEMENT_ANY_ACTION = 1u << 2,
	STATEMENT_ANY_RESOURCE = 1u << 3
};

struct compiled {
	uint64_t action_filter, resource_filter;
	uint32_t actions_at;   /* by hash */
	uint32_t resources_at; /* by hash, then those with variables */
	uint32_t n_actions, n_resources, n_variables;
	uint32_t tenants_at, n_tenants; /* sorted numbers, or with TENANT_BITS n_tenants words of bits */
	uint32_t limits_at;             /* struct limits; 0: none */
	uint8_t effect, flags;
};

struct limits {
	int64_t valid_from_ms, valid_until_ms;
	const struct condition *condition;
};

/* The inner index of a set with many statements: pairs sorted by hash, then the statements that have no selector. */
struct selector {
	uint32_t hash;
	uint32_t statement;
};

struct cset {
	uint32_t kind;
	uint32_t n_statements;
	uint32_t id_at, id_len;
	uint32_t n_bytes;
	uint32_t selectors_at, n_by_resource, n_by_action, n_rest; /* all 0: scan */
	uint64_t action_filter, resource_filter;
	uint32_t n_denies, n_conditions;
	struct compiled statements[];
};

static inline struct str cset_text(const struct cset *c, uint32_t at, uint32_t len)
{
	return (struct str){(const char *)c + at, len};
}
static inline struct str cset_id(const struct cset *c)
{
	return cset_text(c, c->id_at, c->id_len);
}
static inline const struct pattern *cset_actions(const struct cset *c, const struct compiled *s)
{
	return (const struct pattern *)(const void *)((const char *)c + s->actions_at);
}
static inline const struct pattern *cset_resources(const struct cset *c, const struct compiled *s)
{
	return (const struct pattern *)(const void *)((const char *)c + s->resources_at);
}
static inline struct str pattern_text(const struct cset *c, const struct pattern *p)
{
	return cset_text(c, p->text_at, p->text_len);
}
static inline const struct limits *cset_limits(const struct cset *c, const struct compiled *s)
{
	return s->limits_at ? (const struct limits *)(const void *)((const char *)c + s->limits_at) : NULL;
}
static inline const struct selector *cset_selectors(const struct cset *c)
{
	return (const struct selector *)(const void *)((const char *)c + c->selectors_at);
}
static inline const uint32_t *cset_tenants(const struct cset *c, const struct compiled *s)
{
	return (const uint32_t *)(const void *)((const char *)c + s->tenants_at);
}

/* Numbers for the tenants that the statements list are given out in `g`. The result is a plain heap block. */
struct cset *cset_compile(struct engine *g, struct edit *e, const struct statement_set *set, struct arena *scratch);

/* Index. */
struct posting {
	uintptr_t set; /* struct cset; in the low bits whether it has a deny statement and how long it is */
	uint64_t action_filter, resource_filter;
};

static inline const struct cset *posting_set(const struct posting *p)
{
	return (const struct cset *)(p->set & ~(uintptr_t)15);
}
/* Start of the last line that is worth fetching with the set. */
static inline const char *posting_last_line(const struct posting *p)
{
	return (const char *)posting_set(p) + (p->set >> 1 & 7) * LINE_BYTES;
}
static inline bool posting_has_deny(const struct posting *p)
{
	return p->set & 1;
}

/*
 * Small: postings. Split: branches by the selector of the next dimension and a rest. List: sets by (kind, id), those
 * with a deny statement in a list of their own.
 */
enum group_shape { GROUP_SMALL, GROUP_SPLIT, GROUP_LIST };
enum dimension { BY_SUBJECT, BY_RESOURCE, BY_ACTION, BY_FEW_ACTIONS };

struct group {
	uint32_t text_len;
	uint32_t n; /* postings, when small */
	enum group_shape shape;
	uint32_t body_at;
	struct pmap map;    /* split: selector -> group; list: (kind, id) -> set */
	uint64_t filter;    /* split: bits of the selectors that are or were in the map */
	struct group *rest; /* split: sets without a selector; list: those that deny (a list without a rest) */
};

/*
 * A small group ends before `map`: it has no use for it. So the head is a struct of its own and the text and postings
 * of a small group follow it at once.
 */
enum { GROUP_HEAD = offsetof(struct group, map) };

static inline struct str group_text(const struct group *p)
{
	return (struct str){(const char *)p + (p->shape == GROUP_SMALL ? (size_t)GROUP_HEAD : sizeof(*p)), p->text_len};
}
static inline const struct posting *group_postings(const struct group *p)
{
	return (const struct posting *)(const void *)((const char *)p + p->body_at);
}
/* pmap_eq: value is a struct group, key a struct form. */
bool group_is(const void *value, const void *key);
/* The same for a list: value a struct cset, key a struct cset. */
bool cset_is_same(const void *value, const void *key);

/* The group without `old` (may be NULL) and with `fresh` (may be NULL); NULL when empty. The old block is retired. */
struct change {
	uint64_t seed;
	struct edit *edit;
	const struct cset *old, *fresh;
};
struct group *group_change(const struct change *c, struct group *p, struct str text);
/*
 * The same for a group of sets that have a resource in common: they are told apart by their actions, if these are few.
 */
struct group *group_change_of_resource(const struct change *c, struct group *p, struct str text);
/* Retires all blocks of a group, not the sets. */
void group_retire_all(struct group *p, struct edit *e);
/* Calls `visit` for each set in the group, until it returns false; a set may come more than once. */
void group_each(const struct group *p, bool (*visit)(void *self, const struct cset *set), void *self);

/* Documents. */
struct document_subject {
	uint64_t hash;
	uint32_t text_at, text_len;
};

struct document {
	struct cset *set;
	uint32_t n_bytes;
	uint32_t n_subjects;
	struct document_subject subjects[];
};

static inline struct str document_subject(const struct document *d, size_t i)
{
	return (struct str){(const char *)d + d->subjects[i].text_at, d->subjects[i].text_len};
}

/* Names (engine-names.c): what sets name is found from there, too. Called when a set comes (`fresh`) or goes (`old`).
 */
void names_change(struct engine *g, struct edit *e, const struct cset *old, const struct cset *fresh);
void names_retire_all(struct engine *g, struct edit *e);
/*
 * The group of the sets that name the resource pattern, or NULL. All patterns with variables are one, of this name,
 * which no resource has.
 */
#define VARIABLE_RESOURCES STR("\xfe${}")
const struct group *names_group(const struct engine *g, struct str pattern);
/* The document of the set; the one of that kind and id, or NULL. */
const struct document *document_of_set(const struct engine *g, const struct cset *set);
const struct document *document_of(const struct engine *g, uint32_t kind, struct str id);

/* Tenants. Number 0 is "(unassigned)"; it has no record. */
#define UNASSIGNED STR("(unassigned)")
#define NO_NUMBER  UINT32_MAX

struct tenant {
	uint32_t number;
	uint32_t id_len;
	uint64_t order; /* index in engine.tenants; 0: not live */
	char id[];
};

static inline struct str tenant_id(const struct tenant *t)
{
	return (struct str){t->id, t->id_len};
}
/* The number, or NO_NUMBER. */
uint32_t tenant_number(const struct engine *g, struct str id);
/* The number; gives one out when there is none yet. */
uint32_t tenant_need_number(struct engine *g, struct edit *e, struct str id);
bool tenant_is_live(const struct engine *g, struct str id);
bool compiled_has_tenant(const struct cset *c, const struct compiled *s, uint32_t number);

/* A subject that counts in one tenant only. */
struct restriction {
	bool is_set, is_in_scope;
	uint32_t number;
};

static inline bool restriction_eq(struct restriction a, struct restriction b)
{
	return a.is_set == b.is_set && (!a.is_set || (a.number == b.number && a.is_in_scope == b.is_in_scope));
}

/* A statement that matched in some of the tenants asked about. */
struct partial {
	struct partial *next;
	const struct cset *set;
	uint32_t statement;
	struct restriction restriction;
};

/*
 * The tenants a query is about: positions 0 to n - 1, each with a number. Numbers beyond those of the engine stand for
 * asked ids that it does not know. The positions of SCOPE_ALL are laid out only when a partial match or an answer
 * needs them.
 */
struct scope {
	const struct engine *engine;
	struct arena *arena;
	enum tenant_scope kind;
	bool is_laid_out;
	size_t n;
	bool has_one;
	uint32_t one; /* SCOPE_LISTED with n == 1: its number, looked up when first needed */
	uint32_t n_numbers;
	struct str one_id;
	struct str *ids;
	uint32_t *numbers;
	uint32_t *positions; /* by number: position + 1; made when first needed */
	uint32_t *table;     /* by hash of the id: position + 1 */
	size_t table_mask;
};

enum reach { REACH_NONE, REACH_PART, REACH_WHOLE };

void scope_init(struct scope *s, const struct engine *g, const struct query *q, struct arena *a);
/* The same for a plain list of ids, all positions laid out. */
void scope_init_list(struct scope *s, const struct engine *g, struct str_list ids, struct arena *a);
struct restriction scope_restrict(const struct scope *s, struct str tenant);
/* How much of the scope the statement covers; a part may turn out to be empty. */
enum reach scope_reach(struct scope *s, const struct cset *c, const struct compiled *st, struct restriction r);
/* Does a partial match touch at least one tenant of the scope? */
bool scope_touches(struct scope *s, const struct partial *p);

/* What the walk found: matches in the whole scope and in parts of it, each kind in the order found. */
struct findings {
	struct verdict allow, deny; /* without effect: none */
	struct partial *allows, *denies;
	struct partial **allows_end, **denies_end;
};
/* Deny overrides allow, tenant by tenant. `ret_tenants` may be NULL. */
struct verdict scope_resolve(struct scope *s, const struct findings *f, struct str_list *ret_tenants);
struct verdict verdict_of(enum effect effect, const struct cset *c, uint32_t statement);

/*
 * From subjects to groups. Looks up each subject and, once for all, each of their wildcard forms.
 */
enum { N_PROBES = 16, N_ROOM = 16 };

/* A subject's wildcard form that is looked up only once in a query. */
struct prefix {
	struct form form;
	struct restriction restriction;
	bool is_used;
};

struct prefix_set {
	size_t n;
	struct prefix *slots; /* table in the arena once there are more than N_ROOM; else NULL */
	size_t mask;
	struct prefix room[N_ROOM];
};

struct subject_walk;
/* Called for each group found; false ends the walk. */
typedef bool group_visit_fn(struct subject_walk *w, const struct group *group, struct restriction r);
/* Called once, while the first lookups are on their way; NULL: there is nothing to do meanwhile. */
typedef void group_prepare_fn(struct subject_walk *w);

struct subject_walk {
	const struct scope *scope;
	group_visit_fn *visit;
	group_prepare_fn *prepare;
	bool sees_out_of_scope; /* also subjects that count in none of the tenants asked about */
	bool is_done;
	size_t n_probes;
	struct pmap_probe probes[N_PROBES];
	struct form forms[N_PROBES];
	struct restriction restrictions[N_PROBES];
	struct prefix_set prefixes;
};

void subject_walk_init(struct subject_walk *w, const struct scope *scope, group_visit_fn *visit);
void subject_walk_run(struct subject_walk *w, const struct subject *subjects, size_t n);

/* Matching of one statement. */
struct asked {
	const struct query *query;
	struct arena *arena;
	uint64_t seed;
	struct form_list resources; /* of the resource's path, then its selectors */
	size_t n_paths;             /* how many of them are of the path */
	struct form_list actions;   /* made when first needed: most questions end at a resource */
	struct str_list names;      /* of the user subjects, for variables; filled when first needed */
	bool has_names;
	char *scratch;          /* room for one expanded pattern; made when first needed */
	size_t n_resource_bits; /* 0: too many forms */
	uint64_t resource_bits[N_INLINE_FORMS];
	struct form resource_room[N_INLINE_FORMS], action_room[N_ACTION_FORMS];
};

void asked_init(struct asked *q, uint64_t seed, const struct query *query, struct arena *a);
/* To be called before any of the others. */
void asked_make_resources(struct asked *q);
/* May a pattern behind the filter match the resource? */
static inline bool asked_may_match_resource(const struct asked *q, uint64_t filter)
{
	bool any = q->n_resource_bits == 0;

	for (size_t i = 0; i < q->n_resource_bits; i++)
		any |= (filter & q->resource_bits[i]) == q->resource_bits[i];
	return any;
}
static inline const struct form_list *asked_actions(struct asked *q)
{
	if (q->actions.n == 0)
		q->actions = forms_of_action(q->seed, q->query->action, q->action_room);
	return &q->actions;
}
bool statement_matches_action(struct asked *q, const struct cset *c, const struct compiled *s);
bool statement_matches_resource(struct asked *q, const struct cset *c, const struct compiled *s);
/* Index of the first of `n` records (hash first in each, `step` bytes apart) whose hash is not below `hash`. */
size_t lower_bound(const void *records, size_t n, size_t step, uint32_t hash);
