import { sectionB } from './cases.ts';
import { describeCases } from './describe-cases.ts';

describeCases('B', sectionB);
