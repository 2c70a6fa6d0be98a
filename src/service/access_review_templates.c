/* SPDX-License-Identifier: Apache-2.0 */
#include "service/access_review_templates.h"

#include "base/clock.h"
#include "json/object.h"
#include "service/access_reviews.h"
#include "service/applications.h"
#include "service/conductorone_id.h"

#define DAY_MS INT64_C(86400000)
/* Nothing recurs for longer. */
#define MAX_MONTHS INT64_C(12000)
#define MAX_DAYS   INT64_C(365000)

const struct access_review_template *access_review_template_find(const struct snapshot *s, struct str id)
{
	return str_is_empty(id) ? NULL : FIND(s, access_review_template, ACCESS_REVIEW_TEMPLATE, id);
}

int64_t access_review_template_due_ms(const struct access_review_template *m)
{
	return m->is_scheduled ? m->next_at_ms : 0;
}

/* ---- rules ---------------------------------------------------------------------------------------------------- */

static int64_t whole_number(const struct json *rule, const char *name)
{
	const struct json *j = json_get(rule, str_of(name));

	return json_is(j, JSON_INT) ? j->i : 0;
}

static bool time_of(const struct json *rule, const char *name, int64_t *ret)
{
	return time_parse_rfc3339(json_get_str(rule, str_of(name)), ret);
}

/* The times of a rule: start + k steps, k < n. */
struct times {
	int64_t start, step_days, step_months, n;
};

static struct times times_of(const struct json *rule)
{
	static const struct {
		const char *frequency;
		int64_t days, months;
	} steps[] = {
	    {"FREQUENCY_DAILY", 1, 0},
	    {"FREQUENCY_WEEKLY", 7, 0},
	    {"FREQUENCY_MONTHLY", 0, 1},
	    {"FREQUENCY_YEARLY", 0, 12},
	};
	struct str frequency = json_get_str(rule, STR("frequency"));
	int64_t interval = whole_number(rule, "interval"), occurrences = whole_number(rule, "occurrences");
	struct times t = {.n = 1}; /* once, when it does not say how often */

	if (!time_of(rule, "startDate", &t.start))
		return (struct times){0};
	interval = interval ? interval : 1;
	for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
		if (!str_eq(frequency, str_of(steps[i].frequency)))
			continue;
		t.step_days = interval * steps[i].days;
		t.step_months = interval * steps[i].months;
		t.n = t.step_days ? MAX_DAYS / t.step_days : MAX_MONTHS / t.step_months;
	}
	if (occurrences && occurrences < t.n)
		t.n = occurrences;
	return t;
}

static int64_t time_at(const struct times *t, int64_t k)
{
	return time_add_months(t->start, k * t->step_months) + k * t->step_days * DAY_MS;
}

int64_t access_review_rule_next(const struct json *rule, int64_t after_ms)
{
	struct times t = times_of(rule);
	int64_t low = 0, high = t.n, end, at;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (time_at(&t, middle) > after_ms)
			high = middle;
		else
			low = middle + 1;
	}
	if (low == t.n)
		return 0;
	at = time_at(&t, low);
	return time_of(rule, "endDate", &end) && at > end ? 0 : at;
}

static enum service_result check_rule(const struct access_review_template *m, struct error *err)
{
	int64_t interval = whole_number(m->rule, "interval"), start;

	if (interval < 0 || interval > ACCESS_REVIEW_MAX_INTERVAL || whole_number(m->rule, "occurrences") < 0)
		return (enum service_result)error_set(
		    err, SERVICE_INVALID, "recurrence_rule: interval must be from 1 to %d and occurrences not negative",
		    ACCESS_REVIEW_MAX_INTERVAL);
	if (m->is_scheduled && !time_of(m->rule, "startDate", &start))
		return (enum service_result)error_set(
		    err, SERVICE_INVALID, "recurrence_rule: start_date is required when the schedule is enabled");
	return SERVICE_OK;
}

/* ---- making and changing ----------------------------------------------------------------------------------- */

static enum service_result check(const struct txn *t, struct access_review_template *m, struct error *err)
{
	enum service_result result = access_review_check_texts(m->display_name, m->description, err);

	if (result == SERVICE_OK)
		result = access_review_check_scope(t, m->scope, err);
	if (result == SERVICE_OK)
		result = check_rule(m, err);
	if (result == SERVICE_OK && (m->duration_ms < 0 || m->duration_ms > APP_MAX_DURATION_MS))
		result = (enum service_result)error_set(err, SERVICE_INVALID,
		                                        "access_review_duration must be from 0 to ten years");
	if (result == SERVICE_OK && m->closes_reviews && m->duration_ms == 0)
		result = (enum service_result)error_set(
		    err, SERVICE_INVALID, "access_review_duration is required when reviews close by themselves");
	return result;
}

enum service_result access_review_template_create(struct txn *t, struct access_review_template *m, struct error *err)
{
	enum service_result result = access_review_resolve_owners(t, &m->owners, err);

	m->doc = (struct document){.kind = DOC_ACCESS_REVIEW_TEMPLATE, .id = conductorone_new_id(t->arena)};
	if (result == SERVICE_OK)
		result = access_review_check_policy(t, &m->policy, err);
	if (result == SERVICE_OK)
		result = check(t, m, err);
	if (result != SERVICE_OK)
		return result;
	m->next_at_ms = access_review_rule_next(m->rule, t->now_ms - 1);
	txn_put(t, &m->doc);
	return SERVICE_OK;
}

static bool is_same_rule(const struct json *a, const struct json *b)
{
	return a == b || (a && b && json_equal(a, b));
}

enum service_result access_review_template_update(struct txn *t, struct access_review_template *m, struct error *err)
{
	const struct access_review_template *old = access_review_template_find(t->snapshot, m->doc.id);
	enum service_result result = SERVICE_OK;

	assert(old);
	if (!str_eq(old->policy, m->policy))
		result = access_review_check_policy(t, &m->policy, err);
	if (result == SERVICE_OK)
		result = check(t, m, err);
	if (result != SERVICE_OK)
		return result;
	/* What made a review this very moment does not make it again; what was switched off makes up for nothing. */
	if (!is_same_rule(old->rule, m->rule) || (m->is_scheduled && !old->is_scheduled))
		m->next_at_ms = access_review_rule_next(m->rule, t->now_ms - 1);
	txn_put(t, &m->doc);
	return SERVICE_OK;
}

/* ---- reviews --------------------------------------------------------------------------------------------------- */

/* What the template's message says that a review's says as well, and the times that follow from it. */
static const struct json *details_of(const struct txn *t, const struct access_review_template *m)
{
	static const char *const shared[] = {
	    "scopeType",           "defaultView",        "reviewInstructions",
	    "notificationConfig",  "columnConfig",       "reviewerAttributeConfig",
	    "signatureConfig",     "autoGenerateReport", "exemptCertifiedAccessConflicts",
	    "accuracyIssueAction",
	};
	struct json_object o = {.arena = t->arena};

	for (size_t i = 0; i < N_ELEMENTS(shared); i++)
		json_object_tree(&o, shared[i], json_get(m->details, str_of(shared[i])));
	json_object_bool(&o, "autoStartCampaign", m->starts_reviews);
	json_object_time(&o, "scheduledStartDate", m->starts_reviews ? t->now_ms : 0);
	json_object_bool(&o, "autoCloseCampaign", m->closes_reviews);
	json_object_time(&o, "completionDate", m->duration_ms ? t->now_ms + m->duration_ms : 0);
	return json_object_end(&o);
}

void access_review_template_make(struct txn *t, const struct access_review_template *m, struct str created_by,
                                 struct access_review *ret)
{
	struct access_review_template next = *m;
	struct access_review r = {
	    .doc = {.kind = DOC_ACCESS_REVIEW, .id = conductorone_new_id(t->arena)},
	    .display_name = m->display_name,
	    .description = m->description,
	    .state = STR(ACCESS_REVIEW_DRAFT),
	    .policy = m->policy,
	    .overrides_policy = m->overrides_policy,
	    .owners = m->owners,
	    .scope = m->scope, /* what has gone since is left out when it starts */
	    .auto_close_decision = m->auto_close_decision,
	    .starts_at_ms = m->starts_reviews ? t->now_ms : 0,
	    .ends_at_ms = m->closes_reviews ? t->now_ms + m->duration_ms : 0,
	    .created_by = created_by,
	    .template = m->doc.id,
	    .details = details_of(t, m),
	};

	txn_put(t, &r.doc);
	next.n_reviews++;
	if (access_review_template_due_ms(m) && m->next_at_ms <= t->now_ms)
		next.next_at_ms = access_review_rule_next(m->rule, t->now_ms);
	txn_put(t, &next.doc);
	*ret = r;
}

bool access_review_template_fire(struct txn *t, const struct access_review_template *m)
{
	int64_t due = access_review_template_due_ms(m);
	struct access_review made;

	if (due == 0 || due > t->now_ms)
		return false;
	access_review_template_make(t, m, STR_NONE, &made);
	return true;
}
