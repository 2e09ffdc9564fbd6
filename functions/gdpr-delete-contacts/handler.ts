import { parseGdprDeleteSetting } from '../../lib/accept/gdpr-delete-setting.ts';
import { readVariable } from '../../lib/runtime/config.ts';
import { gdprDeletesHandler } from '../http/contact-writes-handler.ts';

/** Accepts GDPR deletes of contacts, where the deployment allows them. */
export const handler = gdprDeletesHandler(parseGdprDeleteSetting(readVariable('GDPR_DELETE')));
