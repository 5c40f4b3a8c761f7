/** Questions that wait for the owner, and the owner's answers. */
import * as v from "valibot";
import { toApprovalEntry } from "#host/gateway/plugin-rows.ts";
import type { ApprovalsPort } from "#host/gateway/ports.ts";
import { invalidRequest } from "#host/gateway/protocol/errors.ts";
import { defineMethod, Refusal, type AnyMethod } from "./method.ts";

const resolveParams = v.strictObject({
  id: v.pipe(v.string(), v.minLength(1)),
  decision: v.picklist(["allow-once", "allow-session", "allow-always", "deny"]),
});

export function approvalMethods(approvals: ApprovalsPort): readonly AnyMethod[] {
  return [
    defineMethod({
      name: "plugin.approval.list",
      scope: "operator.approvals",
      params: v.strictObject({}),
      run: () => approvals.list().map(toApprovalEntry),
    }),
    defineMethod({
      name: "plugin.approval.resolve",
      scope: "operator.approvals",
      params: resolveParams,
      async run({ id, decision }) {
        const open = approvals.list().find((approval) => approval.id === id);
        if (open !== undefined && !open.decisions.includes(decision)) {
          return refuse(
            `Cannot answer "${decision}" to "${open.title}": it can be ${open.decisions.join(", ")}`,
          );
        }
        const resolved = open !== undefined && (await approvals.resolve(id, decision));
        return resolved
          ? { ok: true, id, decision }
          : refuse("unknown or expired approval id", "APPROVAL_NOT_FOUND");
      },
    }),
  ];
}

function refuse(message: string, code = "APPROVAL_DECISION_NOT_ALLOWED"): Refusal {
  return new Refusal(invalidRequest(message, { code }));
}
