/* SPDX-License-Identifier: Apache-2.0
 *
 * What expressions see of users, accounts, entitlements and requests: structs with their fields in both spellings, and
 * the names of enum values. Every field is there; what is not known is its type's zero value.
 */
#include "policy/conditions_impl.h"

#define NS_PER_MS INT64_C(1000000)

static struct cel_value text(struct str s)
{
	return cel_string(s);
}

static struct cel_value map_of(const struct json *object)
{
	static const struct json empty = {.type = JSON_OBJECT};

	return cel_json(json_is(object, JSON_OBJECT) ? object : &empty);
}

/* The member under either of its names. */
static const struct json *member(const struct json *object, const struct cel_field *f)
{
	const struct json *j = json_get(object, f->name);

	return j || str_is_absent(f->alias) ? j : json_get(object, f->alias);
}

/* A list of one string, of none when it is empty. */
static struct cel_value list_of_one(struct cel_eval *ev, struct str s)
{
	struct cel_value *item = condition_room(ev, 1);

	if (!item)
		return cel_aborted();
	*item = text(s);
	return cel_list(item, !str_is_empty(s));
}

static struct cel_value time_of(int64_t ms)
{
	int64_t seconds = ms / 1000 - (ms % 1000 < 0);

	return cel_timestamp(seconds, (uint32_t)((ms - seconds * 1000) * NS_PER_MS));
}

/* ---- enums --------------------------------------------------------------------------------------------- */

struct enum_names {
	const char *name;   /* "UserStatus" */
	const char *prefix; /* "USER_STATUS_" */
	const struct str *values;
	size_t n;
};

static const struct str user_statuses[] = {
    STR_INIT("UNSPECIFIED"),
    STR_INIT("ENABLED"),
    STR_INIT("DISABLED"),
    STR_INIT("DELETED"),
};
static const struct str user_types[] = {
    STR_INIT("UNSPECIFIED"), STR_INIT("SYSTEM"), STR_INIT("HUMAN"), STR_INIT("SERVICE"), STR_INIT("AGENT"),
};
static const struct str account_types[] = {
    STR_INIT("UNSPECIFIED"),
    STR_INIT("USER"),
    STR_INIT("SERVICE_ACCOUNT"),
    STR_INIT("SYSTEM_ACCOUNT"),
};
static const struct str task_origins[] = {
    STR_INIT("UNSPECIFIED"),
    STR_INIT("PROFILE_MEMBERSHIP_AUTOMATION"),
    STR_INIT("SLACK"),
    STR_INIT("API"),
    STR_INIT("JIRA"),
    STR_INIT("COPILOT"),
    STR_INIT("WEBAPP"),
    STR_INIT("TIME_REVOKE"),
    STR_INIT("NON_USAGE_REVOKE"),
    STR_INIT("PROFILE_MEMBERSHIP_MANUAL"),
    STR_INIT("PROFILE_MEMBERSHIP"),
    STR_INIT("AUTOMATION"),
    STR_INIT("ACCESS_REVIEW"),
    STR_INIT("CASCADE_DELETE"),
};

static const struct enum_names enums[] = {
    {"UserStatus", "USER_STATUS_", user_statuses, N_ELEMENTS(user_statuses)},
    {"UserType", "USER_TYPE_", user_types, N_ELEMENTS(user_types)},
    {"AppUserType", "APP_USER_TYPE_", account_types, N_ELEMENTS(account_types)},
    {"Status", "APP_USER_STATUS_", user_statuses, N_ELEMENTS(user_statuses)},
    {"TaskOrigin", "TASK_ORIGIN_", task_origins, N_ELEMENTS(task_origins)},
};

/* The number of a value, with or without its prefix; 0 when there is none of that name. */
static struct cel_value enum_value(const char *name, struct str value)
{
	for (size_t i = 0; i < N_ELEMENTS(enums); i++) {
		struct str prefix = str_of(enums[i].prefix);

		if (strcmp(enums[i].name, name) != 0)
			continue;
		if (str_starts_with(value, prefix))
			value = str_slice(value, prefix.len, value.len);
		for (size_t k = 0; k < enums[i].n; k++)
			if (str_eq_nocase(enums[i].values[k], value))
				return cel_int((int64_t)k);
	}
	return cel_int(0);
}

/* Three spellings each: UserStatus.ENABLED, USER_STATUS_ENABLED, UserStatus.USER_STATUS_ENABLED. */
static void add_enums(struct cel_env *env)
{
	struct arena *a = cel_env_arena(env);

	for (size_t i = 0; i < N_ELEMENTS(enums); i++) {
		struct str scope = arena_concat(a, str_of(enums[i].name), STR("."));

		for (size_t k = 0; k < enums[i].n; k++) {
			struct cel_value v = cel_int((int64_t)k);
			struct str whole = arena_concat(a, str_of(enums[i].prefix), enums[i].values[k]);

			cel_env_add_constant(env, arena_concat(a, scope, enums[i].values[k]), &cel_type_int, v);
			cel_env_add_constant(env, whole, &cel_type_int, v);
			cel_env_add_constant(env, arena_concat(a, scope, whole), &cel_type_int, v);
		}
	}
}

static void add_time_formats(struct cel_env *env)
{
	static const struct {
		struct str name, layout;
	} formats[] = {
	    {STR_INIT("TimeFormat.RFC3339"), STR_INIT("2006-01-02T15:04:05Z07:00")},
	    {STR_INIT("TimeFormat.DATE"), STR_INIT("2006-01-02")},
	    {STR_INIT("TimeFormat.DATETIME"), STR_INIT("2006-01-02 15:04:05")},
	    {STR_INIT("TimeFormat.TIME"), STR_INIT("15:04:05")},
	};

	for (size_t i = 0; i < N_ELEMENTS(formats); i++)
		cel_env_add_constant(env, formats[i].name, &cel_type_string, cel_string(formats[i].layout));
}

/* ---- users --------------------------------------------------------------------------------------------- */

enum user_field {
	USER_ID,
	USER_EMAIL,
	USER_EMAILS,
	USER_DISPLAY_NAME,
	USER_USERNAME,
	USER_USERNAMES,
	USER_MANAGER,
	USER_MANAGER_ID,
	USER_STATUS,
	USER_DIRECTORY_STATUS,
	USER_TYPE,
	USER_PROFILE,
	USER_ATTRIBUTES,
	USER_FIRST_TEXT, /* from here on: texts among the attributes */
};
static const struct condition_field user_rows[] = {
    [USER_ID] = {"id", NULL, "string"},
    [USER_EMAIL] = {"email", NULL, "string"},
    [USER_EMAILS] = {"emails", NULL, "list(string)"},
    [USER_DISPLAY_NAME] = {"displayName", "display_name", "string"},
    [USER_USERNAME] = {"username", NULL, "string"},
    [USER_USERNAMES] = {"usernames", NULL, "list(string)"},
    [USER_MANAGER] = {"manager", NULL, "string"},
    [USER_MANAGER_ID] = {"managerId", "manager_id", "string"},
    [USER_STATUS] = {"status", NULL, "int"},
    [USER_DIRECTORY_STATUS] = {"directoryStatus", "directory_status", "int"},
    [USER_TYPE] = {"type", NULL, "int"},
    [USER_PROFILE] = {"profile", NULL, "map(string, dyn)"},
    [USER_ATTRIBUTES] = {"attributes", NULL, "map(string, dyn)"},
    [USER_FIRST_TEXT] = {"department", NULL, "string"},
    {"jobTitle", "job_title", "string"},
    {"employmentType", "employment_type", "string"},
    {"employmentStatus", "employment_status", "string"},
};

static const struct cel_field *fields_of(struct cel_eval *ev, enum condition_type type)
{
	return cel_env_struct(cel_eval_env(ev), type)->fields;
}

/* Who is not said to be disabled is enabled. */
static struct cel_value status_of(struct str status)
{
	return enum_value("UserStatus", str_is_empty(status) ? STR("ENABLED") : status);
}

static struct str email_of_manager(struct cel_eval *ev, const struct user *u)
{
	const struct user *manager = FIND(condition_input_of(ev)->snapshot, user, USER, u->manager);

	return manager ? manager->email : STR_NONE;
}

static struct cel_value get_user(struct cel_eval *ev, const void *object, uint32_t field)
{
	const struct cel_field *f = &fields_of(ev, CONDITION_USER)[field];
	const struct user *u = object;
	struct str given = json_str(member(u->attributes, f));

	switch (field) {
	case USER_ID:
		return text(u->doc.id);
	case USER_EMAIL:
		return text(u->email);
	case USER_EMAILS:
		return list_of_one(ev, u->email);
	case USER_DISPLAY_NAME:
		return text(u->display_name);
	case USER_USERNAME:
		return text(str_is_empty(given) ? u->doc.id : given);
	case USER_USERNAMES:
		given = json_get_str(u->attributes, STR("username"));
		return list_of_one(ev, str_is_empty(given) ? u->doc.id : given);
	case USER_MANAGER:
		return text(email_of_manager(ev, u));
	case USER_MANAGER_ID:
		return text(u->manager);
	case USER_STATUS:
	case USER_DIRECTORY_STATUS:
		return status_of(given);
	case USER_TYPE:
		return enum_value("UserType", str_is_empty(given) ? STR("HUMAN") : given);
	case USER_PROFILE:
	case USER_ATTRIBUTES:
		return map_of(u->attributes);
	default:
		return text(given);
	}
}

/* ---- accounts ------------------------------------------------------------------------------------------ */

enum account_field {
	ACCOUNT_ID,
	ACCOUNT_DISPLAY_NAME,
	ACCOUNT_USERNAME,
	ACCOUNT_USERNAMES,
	ACCOUNT_EMAIL,
	ACCOUNT_EMAILS,
	ACCOUNT_EMPLOYEE_IDS,
	ACCOUNT_TYPE,
	ACCOUNT_STATUS,
	ACCOUNT_PROFILE,
	ACCOUNT_ATTRIBUTES,
	ACCOUNT_INSIGHTS,
	ACCOUNT_RISK_SCORE,
	ACCOUNT_RISK_SCORES,
};
static const struct condition_field account_rows[] = {
    [ACCOUNT_ID] = {"id", NULL, "string"},
    [ACCOUNT_DISPLAY_NAME] = {"displayName", "display_name", "string"},
    [ACCOUNT_USERNAME] = {"username", NULL, "string"},
    [ACCOUNT_USERNAMES] = {"usernames", NULL, "list(string)"},
    [ACCOUNT_EMAIL] = {"email", NULL, "string"},
    [ACCOUNT_EMAILS] = {"emails", NULL, "list(string)"},
    [ACCOUNT_EMPLOYEE_IDS] = {"employeeIds", "employee_ids", "list(dyn)"},
    [ACCOUNT_TYPE] = {"appUserType", "app_user_type", "int"},
    [ACCOUNT_STATUS] = {"status", NULL, "AppUserStatus"},
    [ACCOUNT_PROFILE] = {"profile", NULL, "map(string, dyn)"},
    [ACCOUNT_ATTRIBUTES] = {"attributes", NULL, "map(string, dyn)"},
    [ACCOUNT_INSIGHTS] = {"securityInsights", "security_insights", "list(SecurityInsight)"},
    [ACCOUNT_RISK_SCORE] = {"riskScore", "risk_score", "map(string, dyn)"},
    [ACCOUNT_RISK_SCORES] = {"riskScores", "risk_scores", "list(RiskScore)"},
};

/* The objects of a list of the profile. */
static struct cel_value objects_of(struct cel_eval *ev, enum condition_type type, const struct json *list)
{
	uint32_t n = json_is(list, JSON_ARRAY) ? list->n : 0, kept = 0;
	struct cel_value *items = condition_room(ev, n);

	if (!items)
		return cel_aborted();
	for (uint32_t i = 0; i < n; i++)
		if (list->items[i].type == JSON_OBJECT)
			items[kept++] = condition_object(type, &list->items[i]);
	return cel_list(items, kept);
}

static struct cel_value list_of_json(const struct json *list)
{
	static const struct json empty = {.type = JSON_ARRAY};

	return cel_json(json_is(list, JSON_ARRAY) ? list : &empty);
}

static struct cel_value get_account(struct cel_eval *ev, const void *object, uint32_t field)
{
	const struct json *given =
	    member(((const struct app_user *)object)->profile, &fields_of(ev, CONDITION_ACCOUNT)[field]);
	const struct app_user *account = object;

	switch (field) {
	case ACCOUNT_ID:
		return text(account->account_id);
	case ACCOUNT_DISPLAY_NAME:
		return text(account->display_name);
	case ACCOUNT_USERNAME:
		return text(account->username);
	case ACCOUNT_USERNAMES:
		return list_of_one(ev, account->username);
	case ACCOUNT_EMAIL:
		return text(account->email);
	case ACCOUNT_EMAILS:
		return list_of_one(ev, account->email);
	case ACCOUNT_EMPLOYEE_IDS:
		return list_of_json(given);
	case ACCOUNT_TYPE:
		return enum_value("AppUserType", str_is_empty(account->type) ? STR("USER") : account->type);
	case ACCOUNT_STATUS:
		return condition_object(CONDITION_ACCOUNT_STATUS, account);
	case ACCOUNT_INSIGHTS:
		return objects_of(ev, CONDITION_INSIGHT, given);
	case ACCOUNT_RISK_SCORE:
		return map_of(given);
	case ACCOUNT_RISK_SCORES:
		return objects_of(ev, CONDITION_RISK_SCORE, given);
	default:
		return map_of(account->profile);
	}
}

static const struct condition_field account_status_rows[] = {{"status", NULL, "int"}, {"details", NULL, "string"}};

static struct cel_value get_account_status(struct cel_eval *ev UNUSED, const void *object, uint32_t field)
{
	const struct app_user *account = object;

	return field == 0 ? status_of(account->status) : text(json_get_str(account->profile, STR("statusDetails")));
}

static const struct condition_field insight_rows[] = {
    {"source", NULL, "string"}, {"value", NULL, "string"}, {"severity", NULL, "string"}};
static const struct condition_field risk_score_rows[] = {{"source", NULL, "string"},
                                                         {"normalizedScore", "normalized_score", "int"}};

static struct cel_value get_of_json(struct cel_eval *ev UNUSED, const void *object, const struct cel_field *f)
{
	const struct json *j = member(object, f);

	if (f->type->kind == CEL_TYPE_INT)
		return cel_int(json_is(j, JSON_INT) ? j->i : 0);
	return text(json_str(j));
}

static struct cel_value get_insight(struct cel_eval *ev, const void *object, uint32_t field)
{
	return get_of_json(ev, object, &fields_of(ev, CONDITION_INSIGHT)[field]);
}

static struct cel_value get_risk_score(struct cel_eval *ev, const void *object, uint32_t field)
{
	return get_of_json(ev, object, &fields_of(ev, CONDITION_RISK_SCORE)[field]);
}

/* ---- entitlements, groups -------------------------------------------------------------------------------- */

enum entitlement_field {
	ENTITLEMENT_ID,
	ENTITLEMENT_APP,
	ENTITLEMENT_DISPLAY_NAME,
	ENTITLEMENT_DESCRIPTION,
	ENTITLEMENT_RESOURCE_TYPE,
	ENTITLEMENT_RESOURCE_TYPE_ID,
	ENTITLEMENT_RESOURCE_ID,
	ENTITLEMENT_RISK_LEVEL,
	ENTITLEMENT_ANNOTATIONS,
};
static const struct condition_field entitlement_rows[] = {
    [ENTITLEMENT_ID] = {"id", NULL, "string"},
    [ENTITLEMENT_APP] = {"appId", "app_id", "string"},
    [ENTITLEMENT_DISPLAY_NAME] = {"displayName", "display_name", "string"},
    [ENTITLEMENT_DESCRIPTION] = {"description", NULL, "string"},
    [ENTITLEMENT_RESOURCE_TYPE] = {"appResourceType", "app_resource_type", "string"},
    [ENTITLEMENT_RESOURCE_TYPE_ID] = {"appResourceTypeId", "app_resource_type_id", "string"},
    [ENTITLEMENT_RESOURCE_ID] = {"appResourceId", "app_resource_id", "string"},
    [ENTITLEMENT_RISK_LEVEL] = {"riskLevelValueId", "risk_level_value_id", "string"},
    [ENTITLEMENT_ANNOTATIONS] = {"annotations", NULL, "map(string, string)"},
};

static struct cel_value get_entitlement(struct cel_eval *ev, const void *object, uint32_t field)
{
	const struct app_entitlement *e = object;

	switch (field) {
	case ENTITLEMENT_ID:
		return text(e->entitlement_id);
	case ENTITLEMENT_APP:
		return text(e->app);
	case ENTITLEMENT_DISPLAY_NAME:
		return text(e->display_name);
	case ENTITLEMENT_DESCRIPTION:
		return text(e->description);
	case ENTITLEMENT_RESOURCE_TYPE:
	case ENTITLEMENT_RESOURCE_TYPE_ID:
		return text(e->resource_type);
	case ENTITLEMENT_RISK_LEVEL:
		return text(e->risk_level);
	case ENTITLEMENT_ANNOTATIONS:
		return map_of(e->annotations);
	default:
		return text(json_str(member(e->details, &fields_of(ev, CONDITION_ENTITLEMENT)[field])));
	}
}

static const struct condition_field group_rows[] = {
    {"id", NULL, "string"}, {"displayName", "display_name", "string"}, {"appId", "app_id", "string"}};

static struct cel_value get_group(struct cel_eval *ev UNUSED, const void *object, uint32_t field)
{
	const struct group *g = object;

	/* Groups are the directory's: they belong to no application. */
	return text(field == 0 ? g->doc.id : field == 1 ? g->display_name : STR(""));
}

/* ---- tasks --------------------------------------------------------------------------------------------- */

enum task_field {
	TASK_ID,
	TASK_NUMBER,
	TASK_DISPLAY_NAME,
	TASK_ORIGIN,
	TASK_CREATED_AT,
	TASK_IS_PERMANENT,
	TASK_DURATION,
	TASK_SUBJECT,
	TASK_REQUESTOR,
	TASK_ANALYSIS,
};
static const struct condition_field task_rows[] = {
    [TASK_ID] = {"id", NULL, "string"},
    [TASK_NUMBER] = {"numericId", "numeric_id", "int"},
    [TASK_DISPLAY_NAME] = {"displayName", "display_name", "string"},
    [TASK_ORIGIN] = {"origin", NULL, "int"},
    [TASK_CREATED_AT] = {"createdAt", "created_at", "timestamp"},
    [TASK_IS_PERMANENT] = {"isGrantPermanent", "is_grant_permanent", "bool"},
    [TASK_DURATION] = {"grantDuration", "grant_duration", "duration"},
    [TASK_SUBJECT] = {"subjectUserId", "subject_user_id", "string"},
    [TASK_REQUESTOR] = {"requestorUserId", "requestor_user_id", "string"},
    [TASK_ANALYSIS] = {"analysis", NULL, "TaskAnalysis"},
};

/* A request that is being made has no time yet: it is now. */
static struct cel_value created_at(struct cel_eval *ev, const struct access_request *r)
{
	return time_of(r->doc.created_at_ms ? r->doc.created_at_ms : cel_now_ms(ev));
}

static struct cel_value duration_of(int64_t ms)
{
	int64_t ns;

	return cel_duration(__builtin_mul_overflow(ms, NS_PER_MS, &ns) ? INT64_MAX : ns);
}

static struct cel_value get_task(struct cel_eval *ev, const void *object, uint32_t field)
{
	const struct access_request *r = object;

	switch (field) {
	case TASK_ID:
		return text(r->doc.id);
	case TASK_NUMBER:
		return cel_int(r->number);
	case TASK_DISPLAY_NAME:
		return text(r->description);
	case TASK_ORIGIN:
		return enum_value("TaskOrigin", r->origin);
	case TASK_CREATED_AT:
		return created_at(ev, r);
	case TASK_IS_PERMANENT:
		return cel_bool(r->duration_ms == 0);
	case TASK_DURATION:
		return duration_of(r->duration_ms);
	case TASK_SUBJECT:
		return text(r->user);
	case TASK_REQUESTOR:
		return text(r->created_by);
	default:
		return condition_object(CONDITION_ANALYSIS, r);
	}
}

static const struct condition_field analysis_rows[] = {
    {"id", NULL, "string"},
    {"hasConflictViolations", "has_conflict_violations", "bool"},
    {"conflictViolations", "conflict_violations", "list(string)"},
};

/* Nothing here looks for conflicts: there is no analysis, and it found none. */
static struct cel_value get_analysis(struct cel_eval *ev UNUSED, const void *object UNUSED, uint32_t field)
{
	if (field == 0)
		return text(STR(""));
	return field == 1 ? cel_bool(false) : cel_list(NULL, 0);
}

/* ---- declaring ----------------------------------------------------------------------------------------- */

static struct cel_value get_nothing(struct cel_eval *ev UNUSED, const void *object UNUSED, uint32_t field UNUSED)
{
	return cel_aborted(); /* a type without fields */
}

#define ROWS(array) (array), N_ELEMENTS(array)
static const struct {
	const struct condition_field *rows;
	size_t n;
	struct cel_value (*get)(struct cel_eval *ev, const void *object, uint32_t field);
} structs[] = {
    [CONDITION_USER] = {ROWS(user_rows), get_user},
    [CONDITION_ACCOUNT] = {ROWS(account_rows), get_account},
    [CONDITION_ACCOUNT_STATUS] = {ROWS(account_status_rows), get_account_status},
    [CONDITION_INSIGHT] = {ROWS(insight_rows), get_insight},
    [CONDITION_RISK_SCORE] = {ROWS(risk_score_rows), get_risk_score},
    [CONDITION_ENTITLEMENT] = {ROWS(entitlement_rows), get_entitlement},
    [CONDITION_TASK] = {ROWS(task_rows), get_task},
    [CONDITION_ANALYSIS] = {ROWS(analysis_rows), get_analysis},
    [CONDITION_GROUP] = {ROWS(group_rows), get_group},
    [CONDITION_IP] = {condition_ip_fields, CONDITION_N_IP_FIELDS, condition_get_ip},
    [CONDITION_CIDR] = {NULL, 0, get_nothing},
};
static_assert(N_ELEMENTS(structs) == CONDITION_N_TYPES, "every type has its fields");

static const struct str names[] = {
#define X(upper, name) STR_INIT(name),
    CONDITION_TYPES(X)
#undef X
};

/* Types of fields may be structs that come later: fields are filled once all structs are declared. */
void condition_add_types(struct cel_env *env)
{
	struct arena *a = cel_env_arena(env);
	struct cel_field *fields[CONDITION_N_TYPES];

	for (size_t i = 0; i < CONDITION_N_TYPES; i++) {
		struct cel_struct *s = ARENA_NEW(a, struct cel_struct);
		const struct cel_type *type;

		fields[i] = ARENA_ARRAY(a, struct cel_field, structs[i].n);
		*s = (struct cel_struct){
		    .name = names[i], .fields = fields[i], .n_fields = structs[i].n, .get = structs[i].get};
		type = cel_env_add_struct(env, s);
		assert(type->number == i);
	}
	for (size_t i = 0; i < CONDITION_N_TYPES; i++) {
		for (size_t k = 0; k < structs[i].n; k++) {
			const struct condition_field *row = &structs[i].rows[k];

			fields[i][k] = (struct cel_field){str_of(row->name), str_of(row->alias),
			                                  cel_type_parse(a, env, str_of(row->type))};
			assert(fields[i][k].type);
		}
	}
	add_enums(env);
	add_time_formats(env);
}
