import { isMap, isSeq, parseDocument, YAMLSeq } from 'yaml';
import type { ComparisonRule } from '../../edge/index.ts';

/** The text of a plan with one more rule of comparison at the end of its list; comments and order stay as they are. */
export function planWithRule(text: string, rule: ComparisonRule): string {
  const document = parseDocument(text);
  const rules = document.getIn(['comparison', 'rules']);
  const node = document.createNode(rule, { flow: false });
  if (isSeq(rules)) rules.add(node);
  else {
    const list = new YAMLSeq();
    list.add(node);
    if (isMap(document.get('comparison'))) document.setIn(['comparison', 'rules'], list);
    else document.set('comparison', document.createNode({ rules: list }));
  }
  return document.toString({ lineWidth: 0 });
}
