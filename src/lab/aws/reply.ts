import type { AwsService, ServiceError } from "./problem.ts";
import { STS_NAMESPACE } from "./sts.ts";
import { writeXml, type XmlNode } from "./xml.ts";

export interface AwsReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** How a service was asked to spell its answer: STS alone has both. */
export type Spelling = "json" | "xml";

export function okReply(body: string | Buffer, spelling: Spelling, requestId: string): AwsReply {
  return { status: 200, headers: headersOf(spelling, requestId), body };
}

/** An error as the service has it on the wire: restJson1, EC2's XML, or STS's XML or JSON. */
export function errorReply(
  service: AwsService,
  error: ServiceError,
  spelling: Spelling,
  requestId: string,
): AwsReply {
  const headers = headersOf(spelling, requestId);
  const { status } = error;
  switch (service) {
    case "eks": {
      const body = JSON.stringify({ ...error.details, message: error.message });
      return { status, headers: { ...headers, "x-amzn-errortype": error.code }, body };
    }
    case "ec2":
      return { status, headers, body: ec2Error(error, requestId) };
    case "sts":
      return { status, headers, body: stsError(error, spelling, requestId) };
  }
}

function ec2Error(error: ServiceError, requestId: string): string {
  const first: readonly XmlNode[] = [
    ["Code", error.code],
    ["Message", error.message],
  ];
  const children: readonly XmlNode[] = [
    ["Errors", [["Error", first]]],
    ["RequestID", requestId],
  ];
  return writeXml(["Response", children], undefined);
}

function stsError(error: ServiceError, spelling: Spelling, requestId: string): string {
  const type = error.status < 500 ? "Sender" : "Receiver";
  if (spelling === "json") {
    const { code: Code, message: Message } = error;
    return JSON.stringify({ Error: { Code, Message, Type: type }, RequestId: requestId });
  }
  const children: readonly XmlNode[] = [
    [
      "Error",
      [
        ["Type", type],
        ["Code", error.code],
        ["Message", error.message],
      ],
    ],
    ["RequestId", requestId],
  ];
  return writeXml(["ErrorResponse", children], STS_NAMESPACE);
}

function headersOf(spelling: Spelling, requestId: string): Readonly<Record<string, string>> {
  return {
    "content-type": spelling === "json" ? "application/json" : "text/xml;charset=UTF-8",
    "x-amzn-requestid": requestId,
  };
}
