import { sectionC } from './cases.ts';
import { describeCases } from './describe-cases.ts';

describeCases('C', sectionC);
