import { sectionE } from './cases.ts';
import { describeCases } from './describe-cases.ts';

describeCases('E', sectionE);
