// SPDX-License-Identifier: Apache-2.0
// Expressions of policies: what compiles where (V1 to V7), and what they yield (E1 to E14, those that need no request;
// the others are in test/unit/policy/test-conditions.c).
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {makeUser, startServer, testClock} from '../../harness/server.mjs';
import {client} from './client.mjs';

const clock = testClock('2026-11-22T15:04:05.678Z');
let s;
let c1;
before(async () => {
	s = await startServer({store: 'memory', env: clock.env});
	c1 = client(s);
	await makeUser(s, 'bob', {email: 'bob@x.org', display_name: 'Bob'});
	const r = await s.call('PATCH', '/doorward/v1/users/owner', {
		email: 'Owner@X.org', manager: 'bob',
		attributes: {department: 'Engineering', job_title: 'Keeper', employmentType: 'contractor', costCenter: 'CC-123', level: 7, type: 'SERVICE', status: 'USER_STATUS_DISABLED'},
	});
	assert.equal(r.status, 200, r.text);
});
after(async () => assert.equal(await s.stop(), 0));

const markers = async (text) => (await c1.post('policies/validate/cel', {text})).markers;
const value = (cel) => c1.post('policies/test-account-provision-policy', {cel});
const fails = (message, cel) => c1.fails(400, 3, message, 'POST', 'policies/test-account-provision-policy', {cel});

/** All of them yield true. */
async function holds(...expressions) {
	for (const e of expressions) {
		assert.deepEqual(await value(e), {type: 'bool', value: 'true'}, e);
	}
}

/* ---- validation ------------------------------------------------------------------------------------------ */

test('V1, V2: what compiles has no markers, what does not has one where it is wrong', async () => {
	assert.deepEqual(await markers('true'), []);
	assert.deepEqual(await markers('test'), [
		{severity: 'ERROR', message: "undeclared reference to 'test'", startLineNumber: 1, startColumn: 1, endLineNumber: 1, endColumn: 5},
	]);
	const two = await markers('true &&\n  (nothing || subject.nowhere == "")');
	assert.deepEqual(two.map((m) => [m.message, m.startLineNumber, m.startColumn, m.endColumn]), [
		["undeclared reference to 'nothing'", 2, 4, 11],
		["undefined field 'nowhere'", 2, 22, 23],
	]);
});

test('V3 to V6: conditions are not approver expressions, and yield a bool', async () => {
	for (const [text, message] of [
		['app_owners.size()>0', /undeclared reference to 'app_owners'/],
		['user.email==""', /undeclared reference to 'user'/],
		['ctx.trigger == null', /undeclared reference to 'ctx'/],
		['subject.department ==', /Syntax error/],
		['"x"', /expected type 'bool' but found 'string'/],
		['subject', /expected type 'bool' but found 'User'/],
		['', /Syntax error/],
		['c1.user.v1.HasApp("alice", "a")', /found no matching overload for 'c1.user.v1.HasApp'/],
		[`"${'x'.repeat(10000)}" == ""`, /longer than 10000 bytes/],
	]) {
		const found = await markers(text);
		assert.ok(found.length >= 1, text);
		assert.match(found[0].message, message);
		assert.equal(found[0].severity, 'ERROR');
	}
	const policy = {displayName: 'p', policyType: 'POLICY_TYPE_GRANT', policySteps: {grant: {steps: [{approval: {expression: {expressions: ['app_owners', 'app_owners.size()>0 ? appOwners : []']}}}]}}};
	await c1.post('policies', policy);
	await c1.fails(400, 3, "undeclared reference to 'app_owners'", 'POST', 'policies', {...policy, rules: [{condition: 'app_owners.size()>0', stepKey: 'grant'}]});
});

test('V7: the documented conditions compile', async () => {
	for (const text of [
		'subject.department == "Engineering" || subject.department == "IT"',
		'!subject.email.endsWith("@company.com")',
		'subject.department in ["Engineering","Product"]',
		'task.isGrantPermanent == false && task.grantDuration > duration("2h")',
		'task.origin == TaskOrigin.SLACK',
		'task.subjectUserId == task.requestorUserId',
		'task.created_at.getHours("America/New_York") < 9 || task.created_at.getHours("America/New_York") >= 17',
		'task.analysis.hasConflictViolations',
		'"conflict123" in task.analysis.conflictViolations',
		'entitlement.risk_level_value_id == "high"',
		'"team" in entitlement.annotations && entitlement.annotations["team"] == "infrastructure"',
		'account.app_user_type == AppUserType.SERVICE_ACCOUNT',
		'"CrowdStrike" in account.risk_score && account.risk_score["CrowdStrike"] <= 20',
		'has(subject.profile.costCenter) && subject.profile["costCenter"] == "CC-123"',
		'time.format(now(), "15", "America/New_York") >= "09"',
		'c1.user.v1.HasEntitlement(subject, "pagerduty-app-id", "oncall-schedule-1")',
		'c1.user.v1.AutomaticallyGrantedFromEnrollment(subject, "a", "e")',
		'c1.app_user.v1.HasSecurityInsightWithSeverity(account, "CrowdStrike", "HIGH")',
		'c1.app_user.v1.GetRiskScore(account, "CrowdStrike").normalized_score > 50',
		'account.status.status == APP_USER_STATUS_ENABLED && account.security_insights.exists(i, i.severity == "high")',
		'ip.isPrivate || ip.within(cidr(["10.0.0.0/8", "fd00::/8"]))',
		"subject.attributes['Job Code'] == 'x' && subject.attributes.contractor == true",
	]) {
		assert.deepEqual(await markers(text), [], text);
	}
});

test('approver expressions that are documented compile where approvers are', async () => {
	const expressions = [
		'size(c1.directory.users.v1.GetManagers(subject)) > 0 ? c1.directory.users.v1.GetManagers(subject) : appOwners',
		'[c1.directory.users.v1.FindByEmail("security@company.com")]',
		'c1.directory.apps.v1.GetEntitlementOwners(entitlement).filter(u, !c1.user.v1.HasEntitlement(u,"a","e"))',
		'appOwners + c1.directory.apps.v1.GetEntitlementMembers("groups-app","security-team")',
		'c1.directory.users.v1.GetByID("alice")',
		'c1.directory.users.v1.DirectReports(c1.directory.users.v1.GetManagers(subject))',
		'[]',
	];
	const {policy} = await c1.post('policies', {displayName: 'p', policyType: 'POLICY_TYPE_GRANT', policySteps: {grant: {steps: [{approval: {expression: {expressions}}}]}}});
	assert.deepEqual(policy.policySteps.grant.steps[0].approval.expression.expressions, expressions);
});

/* ---- values ---------------------------------------------------------------------------------------------- */

test('E1 to E5: times', async () => {
	await holds(
		'time.format(timestamp("2026-11-22T15:04:05Z"),"15","America/New_York")=="10"',
		'time.format(timestamp("2026-11-22T15:04:05Z"),"Monday")=="Sunday"',
		'time.start_of(timestamp("2026-11-22T10:00:00Z"),"week")==timestamp("2026-11-16T00:00:00Z")',
		'time.start_of(timestamp("2026-11-22T10:00:00Z"),"quarter")==timestamp("2026-10-01T00:00:00Z")',
		'timestamp("2026-11-22T02:00:00Z").getDayOfWeek("America/New_York")==6',
		'time.truncate(timestamp("2026-11-22T10:11:12Z"),"hour")==timestamp("2026-11-22T10:00:00Z")',
		'time.start_of(timestamp("2026-11-22T02:00:00Z"),"day","America/New_York")==timestamp("2026-11-21T05:00:00Z")',
		'time.start_of(timestamp("2026-03-29T12:00:00Z"),"day","Europe/Berlin")==timestamp("2026-03-28T23:00:00Z")',
		'time.end_of(timestamp("2026-03-29T12:00:00Z"),"day","Europe/Berlin")==timestamp("2026-03-29T21:59:59.999999999Z")',
		'time.end_of(timestamp("2028-02-03T00:00:00Z"),"month")==timestamp("2028-02-29T23:59:59.999999999Z")',
		'time.end_of(timestamp("2026-12-31T23:00:00Z"),"week")==timestamp("2027-01-03T23:59:59.999999999Z")',
		'time.end_of(now(),"year") + duration("1ns")==timestamp("2027-01-01T00:00:00Z")',
		'time.unix(0)==timestamp("1970-01-01T00:00:00Z") && time.unix_ms(-1)==timestamp("1969-12-31T23:59:59.999Z")',
		'time.parse("22/11/2026 3:04PM","2/1/2006 3:04PM","Europe/Berlin")==timestamp("2026-11-22T14:04:00Z")',
		'time.parse("2026-11-22T15:04:05+01:00",TimeFormat.RFC3339)==timestamp("2026-11-22T14:04:05Z")',
		'time.parse("2026-11-22","date")==time.parse("2026-11-22 00:00:00",TimeFormat.DATETIME)',
		'time.format(now(),"rfc3339")=="2026-11-22T15:04:05Z" && time.format(now(),TimeFormat.TIME)=="15:04:05"',
		'time.format(now(),"Jan _2 2006 .000 PM MST -07:00")=="Nov 22 2026 .678 PM UTC +00:00"',
	);
	await fails('unknown unit', 'time.start_of(now(),"fortnight")');
	await fails('unknown time zone', 'time.format(now(),"15","Mars/Olympus")');
	await fails('cannot parse "2026-02-29"', 'time.parse("2026-02-29","2006-01-02")');
	await fails('timestamp', 'time.unix(9223372036854775807)');
});

test('E6, E7: addresses and empty texts', async () => {
	await holds(
		'cidr("10.0.0.0/8","192.168.0.0/16").contains(ip("192.168.3.4"))',
		'!ip("10.1.2.5").within(cidr("10.1.3.0/24"))',
		'ip("10.1.3.5").within(cidr("10.1.2.0/23")) && !ip("10.1.4.5").within(cidr("10.1.2.0/23"))',
		'ip("2001:db8::1").within(cidr(["2001:db8::/32","10.0.0.0/8"])) && !ip("::1").within(cidr("0.0.0.0/0"))',
		'ip("10.0.0.1").within(cidr("0.0.0.0/0")) && ip("10.0.0.1").within(cidr("10.0.0.1/32"))',
		'ip("127.0.0.1").isLoopback && ip("::1").isLoopback && ip("224.0.0.1").isMulticast && ip("::").isUnspecified',
		'ip("172.31.0.1").isPrivate && !ip("172.32.0.1").isPrivate && ip("fd00::1").isPrivate && ip("8.8.8.8").isGlobalUnicast',
		'ip("1.2.3.4").is4 && !ip("1.2.3.4").is6 && ip("ff01::1").isInterfaceLocalMulticast && ip("224.0.0.7").isLinkLocalMulticast',
		'"".ifEmpty("x")=="x" && "y".ifEmpty("x")=="y"',
	);
	await fails('IP Address', 'ip("1.2.3")');
	await fails('CIDR', 'cidr("10.0.0.0")');
});

test('E8 to E12, E14: the directory', async () => {
	await holds(
		'c1.user.v1.HasApp(subject,"nope")==false && c1.user.v1.HasEntitlement(subject,"nope","none")==false',
		'c1.user.v1.GetAppUserStatus(subject,"nope")=="USER_STATUS_UNSPECIFIED" && c1.user.v1.ListAppUsersForUser(subject,"nope")==[]',
		'subject.job_title==subject.jobTitle && subject.jobTitle=="Keeper" && subject.employment_type=="contractor"',
		'subject.department=="Engineering" && subject.displayName==subject.display_name && user.id=="owner"',
		'now()==now() && now()==timestamp("2026-11-22T15:04:05.678Z")',
		'time.try_parse("bad",TimeFormat.DATE,now())==now()',
		'subject.status==UserStatus.DISABLED && subject.status==USER_STATUS_DISABLED && subject.status==UserStatus.USER_STATUS_DISABLED',
		'subject.type==UserType.SERVICE && c1.directory.users.v1.GetByID("bob").type==UserType.HUMAN',
		'c1.directory.users.v1.GetByID("bob").status==UserStatus.ENABLED',
		'has(subject.profile.costCenter) && subject.profile["costCenter"]=="CC-123" && subject.attributes.level>5',
		'!has(subject.profile.nothing) && has(subject.jobTitle) && has(subject.employmentStatus)',
		'subject.email=="owner@x.org" && subject.emails==["owner@x.org"] && subject.manager=="bob@x.org" && subject.managerId=="bob"',
		'c1.directory.users.v1.FindByEmail("BOB@x.org").id=="bob" && c1.directory.users.v1.FindByName("Bob").id=="bob"',
		'c1.directory.users.v1.FindByName("Nobody")==null',
		'c1.directory.users.v1.GetManagers(subject).map(u,u.id)==["bob"]',
		'c1.directory.users.v1.GetManagers([subject,subject]).size()==1',
		'c1.directory.users.v1.GetManagers(c1.directory.users.v1.GetByID("bob"))==[]',
		'c1.directory.users.v1.DirectReports(c1.directory.users.v1.GetByID("bob")).map(u,u.id)==["owner"]',
		'c1.directory.apps.v1.GetEntitlementMembers("a","e")==[] && c1.directory.apps.v1.GetEntitlementOwners("a","e")==[]',
		'c1.directory.groups.v1.FindByName("Admins").id=="admins"',
	);
	// E9
	await fails('user not found: nobody@x.org', 'c1.directory.users.v1.FindByEmail("nobody@x.org")');
	await fails('user not found', 'c1.directory.users.v1.GetByID("bob@x.org")');
	await fails('user not found', 'c1.directory.users.v1.FindByEmail("bob")');
	await fails('group not found', 'c1.directory.groups.v1.FindByName("x")');
	await fails('no such key', 'subject.profile.nothing');
});

test('what an expression yields, as text', async () => {
	assert.deepEqual(await value('subject.email'), {type: 'string', value: 'owner@x.org'});
	assert.deepEqual(await value('1 + 1'), {type: 'int', value: '2'});
	assert.deepEqual(await value('now()'), {type: 'timestamp', value: '2026-11-22T15:04:05.678Z'});
	assert.deepEqual(await value('subject'), {type: 'User', value: 'owner'});
	assert.deepEqual(await value('{"a": [1, 2]}'), {type: 'map(dyn, dyn)', value: '{"a":[1,2]}'});
	await fails('has no text', '[subject]');
	await fails('Syntax error', '1 +');
	await c1.fails(400, 3, 'unknown field', 'POST', 'policies/test-account-provision-policy', {text: 'true'});
});
