import { sectionF } from './cases.ts';
import { describeCases } from './describe-cases.ts';

describeCases('F', sectionF);
